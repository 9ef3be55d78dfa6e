/*
 * The cookies by which sibling origins (`a.example.com`, `b.example.com`) tell each other of their session: which one goes on, since when, and when
 * anybody was last in it. One for each origin, so that none overwrites another's. Never a token, nor a name: a cookie travels with every
 * request to every host of the domain. What is heard stands for one more tab of this origin; what follows from it is the compiled tracker's
 * business. Only a page with `cookieDomain` downloads this.
 */
import type { Options } from '../dist/wasm/session_tracker.js';
import { read, write, type Presence, type TabRecord } from './record.js';

/* What is told, in the order of the cookie. */
const TOLD = ['id', 'name', 'started', 'epoch', 'seen', 'left', 'ended', 'person', 'activities', 'active', 'device'] as const;

/* What an honest page can have written; anybody with a page on the domain can write something else. The last part says who it is about. */
const UUID = String.raw`[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}`;
const FORM = new RegExp(String.raw`^1\.(${UUID})\.([a-zA-Z\d-]{1,64})\.(\d{1,15})\.(\d{1,12})\.(\d{1,15})\.([01])\.([a-z_]*)\.([a-z]+)\.(\d{1,12})\.(\d{1,15})\.(${UUID})?\.(\w+)$`);

/* What a person may be doing; of several tabs the first one of these holds. */
const PEOPLE = ['active', 'idle', 'hidden'];

/* For so long a page takes up a session, and so long the cookie lives, in seconds: the tracker itself asks for less. */
const LIFE = 3600;
/* A tab that has said nothing for so long is gone, and a time so far ahead is not believed, in milliseconds. */
const [SILENCE, TOLERANCE] = [120_000, 60_000];

/** What the page tells and hears. */
export interface Site {
  /** An entry was written to storage: if it is a tab's record, the other origins are told. */
  tell(name: string, text: string): void;
  /** What the other origins tell of sessions of this user: names and records, each followed by a zero character. */
  hear(user: string): string;
  /** Takes back what was told. */
  forget(): void;
}

/** The cookies of this domain, or nothing if nothing may be kept. Where the browser keeps none, nothing is told and heard, and the logger is told so once. */
export function siteOf({ cookieDomain, namespace = 'session-tracker', persistence, logger }: Options): Site | undefined {
  if (persistence === 'none') return undefined;
  const own = hash(location.origin);
  let isRefused = false;

  const put = (value: string, seconds: number) => {
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    document.cookie = `${namespace}.${own}=${value}; Domain=${cookieDomain}; Path=/; Max-Age=${seconds}; SameSite=Lax${secure}`;
  };

  /* The cookies of all origins, by the origin's place. */
  const cookies = () =>
    document.cookie
      .split('; ')
      .filter((cookie) => cookie.startsWith(`${namespace}.`))
      .map((cookie) => cookie.slice(namespace.length + 1).split('=', 2) as [place: string, value: string | undefined]);

  const records = () =>
    Object.keys(localStorage)
      .filter((key) => key.startsWith(`${namespace}:tab:`))
      .flatMap((key) => read(localStorage.getItem(key) ?? '') ?? []);

  return {
    tell: (name, text) =>
      quietly(() => {
        const record = name.startsWith('tab:') ? read(text) : undefined;
        if (!record?.current || !mayBeTold(record)) return;
        const { visitor, user, current } = record;
        // Whoever names the device of a visitor's session is given the visitor's token anew (docs/decisions/0005), as if it were one.
        const told = { ...together(current, records()), device: visitor ? '' : current.device };
        put(['1', ...TOLD.map((part) => told[part]), whose(told.id, user)].join('.'), LIFE);
        if (isRefused || cookies().some(([place]) => place === own)) return;
        isRefused = true;
        logger?.debug(`[SessionTracking] The browser keeps no cookie for the domain ${cookieDomain} here, so each of its origins is a visit of its own.`);
      }) ?? undefined,
    hear: (user) =>
      quietly(() => {
        // A session that a tab of this origin has left for good is over, whatever others tell.
        const over = records().flatMap((record) => record.over);
        return cookies()
          .map(([place, value]) => [place, place !== own && /^[\da-z]{1,7}$/.test(place) ? parse(value, user) : undefined] as const)
          .map(([place, told]) => (told && !over.includes(told.id) ? `tab:at-${place}\0${write(told, user)}\0` : ''))
          .join('');
      }) ?? '',
    forget: () => quietly(() => put('', 0)) ?? undefined,
  };
}

/* Nobody but a visitor's own pages may go on with an anonymous session that only the visitor's token opens. Before the backend, or a bearer, said
   whose session it is nobody knows which kind it is. */
function mayBeTold({ isAnnounced, subject, visitor }: TabRecord): boolean {
  return (isAnnounced || subject !== '') && !(visitor && subject.startsWith('anon:'));
}

/* What the living tabs of the session reached together. The origin is left with the last of them. */
function together(own: Presence, records: readonly TabRecord[]): Presence {
  const isMate = (tab: Presence) => tab.id === own.id && tab.left === '0' && Date.now() - Number(tab.seen) <= SILENCE;
  const mates = records.flatMap(({ current }) => (current && isMate(current) ? current : []));
  const most = (part: 'activities' | 'active') => String(Math.max(...[own, ...mates].map((tab) => Number(tab[part]))));
  const person = PEOPLE.find((person) => [own, ...mates].some((tab) => tab.person === person)) ?? own.person;
  return { ...own, left: mates.length ? '0' : own.left, person, activities: most('activities'), active: most('active') };
}

/* Nothing if it cannot have been written by an honest page, or is about another person: nobody is drawn into somebody else's session. */
function parse(value: string | undefined, user: string): Presence | undefined {
  const parts = FORM.exec(value ?? '')?.slice(1).map((part) => part ?? '');
  if (!parts || parts[TOLD.length] !== whose(parts[0]!, user)) return undefined;
  const told = Object.fromEntries(TOLD.map((part, at) => [part, parts[at]])) as unknown as Presence;
  const [started, seen] = [Number(told.started), Number(told.seen)];
  return started <= seen && seen <= Date.now() + TOLERANCE ? told : undefined;
}

/* A person's name can be compared, but not read, nor recognised in another session. */
function whose(session: string, user: string): string {
  return hash(session + user);
}

/* FNV-1a, 32 bits: texts that differ in one place are far apart. */
function hash(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return (bytes.reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193), 0x811c9dc5) >>> 0).toString(36);
}

/* Storage or cookies may be out of reach; then every origin is on its own. */
function quietly<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
