/*
 * What a tab keeps in storage for the others, in the form that `src/record.rs` gives it: one value a line. Only as much of it as other origins
 * may hear of. `tests/core/records/` holds texts that both of them are tested against.
 */

/** The form that is known here. */
const VERSION = '3';
/** How many kinds of losses a session counts. */
const LOSSES = 5;

/** A tab's session, and how it stands with it. */
export interface Presence {
  /** As the tab that began it named it, and as the backend calls it. */
  id: string;
  name: string;
  started: string;
  epoch: string;
  /** When anybody was last in it. */
  seen: string;
  left: string;
  ended: string;
  person: string;
  activities: string;
  active: string;
  device: string;
}

/** What a record says beside that. */
export interface TabRecord {
  /** The session that the tab is in, if it is in one. */
  current: Presence | undefined;
  /** Whose session that is: by the host's name, and as the backend or a bearer says. */
  user: string;
  subject: string;
  /** Whether the backend has it. */
  isAnnounced: boolean;
  /** By what the backend knows an anonymous visitor again. */
  visitor: string;
  /** The sessions that the tab has left for good. */
  over: string[];
}

/** Reads a record; nothing if it is of another form. */
export function read(text: string): TabRecord | undefined {
  const lines = text.split('\n');
  let at = 1;
  const next = () => lines[at++] ?? '';
  const list = () => Array.from({ length: Math.min(Number(next()), lines.length) }, next);
  const skip = (count: number) => void (at += count);
  if (!text.startsWith(`${VERSION} `)) return undefined;
  const [device, visitor, seen] = [next(), next(), next()];
  skip(1);
  const [left, person] = [next(), next()];
  skip(2);
  const [activities, active, ended] = [next(), next(), next()];
  list();
  const record: TabRecord = { current: undefined, user: '', subject: '', isAnnounced: false, visitor, over: list() };
  // The last one is the current one, and the text ends with a line break.
  while (at < lines.length - 1) {
    skip(2);
    const [id, name] = [next(), next()];
    [record.user, record.subject] = [next(), next()];
    skip(1);
    const [epoch, started] = [next(), next()];
    skip(1);
    const isPast = next() === '1';
    skip(1 + LOSSES);
    skip(3 * Number(next()));
    record.isAnnounced = next() === '1';
    skip(5);
    record.current = isPast ? undefined : { id, name, started, epoch, seen, left, ended, person, activities, active, device };
  }
  return record;
}

/** Writes a record with this alone in it, of a session of this user. */
export function write(told: Presence, user: string): string {
  const { device, seen, left, person, activities, active, ended } = told;
  const nothing = '';
  const tab = [device, nothing, seen, 0, left, person, nothing, 0, activities, active, ended, 0, 0];
  const session = [0, told.id, told.id, told.name, user, nothing, nothing, told.epoch, told.started, 0, 0, 'home'];
  const losses = [...Array<number>(LOSSES).fill(0), 0];
  const standing = [0, 0, nothing, nothing, nothing, 0];
  const lines = [...tab, ...session, ...losses, ...standing].join('\n') + '\n';
  return `${VERSION} ${new TextEncoder().encode(lines).length}\n${lines}`;
}
