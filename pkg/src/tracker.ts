/*
 * The class that the package exports: the compiled tracker with what is JavaScript's own affair, promises, subscribers and
 * the host's callbacks. It decides nothing about sessions, and whatever goes wrong inside, the page gets an answer.
 */
import type {
  Diagnosis,
  EndReason,
  Ledger,
  Options,
  RefusalReason,
  SessionState,
  SessionStats,
  TrackerEvents,
} from '../dist/wasm/session_tracker.js';
import type { Carriage, Carrier } from './carriage.js';
import { isOptedOut, remember } from './choices.js';
import { deferred, type Deferred } from './deferred.js';
import type { AnyEvents, EventArguments } from './events.js';
import { inert, type Core, type InertReason } from './inert.js';
import { DESTROY, DISCARD, END, FLUSH, IS_DOWN, LEDGER, LOG, SECTION, SECTION_AT_ONCE, START, WHO } from './said.js';
import { added } from './ledger.js';
import { Listeners, quietly } from './listeners.js';
import { Compiled, load } from './load.js';
import { macrotask } from './macrotask.js';
import { check, sectionHere } from './options.js';
import { onTrap } from './shield.js';
import type { Site } from './site.js';

/* What the compiled tracker tells, as it numbers them. */
const [DEBUG, ERROR, STARTED, SETTLED, CHANGED, ENDED, EXPIRING, UNREACHABLE] = [0, 1, 2, 3, 4, 5, 6, 7];

/* What the page gives to whoever asks for it to be opened. */
interface Host {
  /* What was asked last, and what came of it. */
  asked: readonly unknown[];
  readStats(daysBack: number, user?: string, visitor?: string): Promise<SessionStats | undefined>;
}

const IDLE: SessionState = Object.freeze({ status: 'idle' });

/** Errors that `diagnose()` remembers. */
const ERRORS = 10;

/**
 * Tells a backend who is in the page, where, and for how long. After `create()` none of its methods throws or rejects.
 *
 * @typeParam Events the application's own events and what each carries, for `logEvent` to be checked; any by default
 */
export class SessionTracker<Events extends object = AnyEvents> {
  #options: Options;
  #section: string;
  /* What was counted here, and by compiled trackers that are gone. */
  #counted: Ledger = { accepted: 0, delivered: 0, queued: 0, inFlight: 0, dropped: {}, refused: {} };
  #standIn = inert(() => this.#refuse(this.#state.status === 'opted-out' ? 'opted_out' : 'inert'));
  #core = this.#standIn;
  #host: Host | undefined;
  #site: Site | undefined;
  #state = IDLE;
  /* The sessions that `onSessionChange` was told of, and that the page was in before. */
  #told: string | undefined;
  #previous: string | undefined;
  #errors: string[] = [];
  #carrier: Carrier | undefined;
  #isPending = false;
  #isWanted = false;
  #isDestroyed = false;
  #listening = new AbortController();
  #dismissWitness = () => {};
  #listeners = new Listeners();
  #starting: Deferred<string | undefined> | undefined;
  #settling: Deferred<void> | undefined;
  #ending: Promise<void> | undefined;

  private constructor(options: Options, reason: InertReason | '', site?: Site) {
    if (reason === undefined) throw new TypeError('A SessionTracker is made by SessionTracker.create().');
    this.#options = options;
    this.#site = site;
    this.#section = reason ? '' : sectionHere(options);
    if (reason) {
      this.#become({ status: 'inert', reason });
      return;
    }
    this.#isPending = options.consent === 'pending';
    const obey = () => {
      if (this.#state.status !== 'opted-out' && isOptedOut(options, this.#isPending)) this.optOut({ purge: true });
    };
    // A choice that was made in another tab, or while this page was away. Before the compiled tracker listens, which would go on.
    for (const name of ['storage', 'pageshow']) addEventListener(name, obey, { capture: true, signal: this.#listening.signal });
    obey();
    if (this.#state.status === 'idle') this.#open();
  }

  /**
   * Makes a tracker; sends nothing yet. Without a document (Node, server rendering), and where WebAssembly is missing or
   * forbidden, the tracker is inert: it has the same methods, does nothing, and says so once to `options.logger`.
   *
   * @throws (by rejection) a `TypeError` naming the option, what it must be and what was given.
   */
  static async create<Events extends object = AnyEvents>(options: Options): Promise<SessionTracker<Events>> {
    check(options);
    const makeInert = (reason: InertReason, sentence: string) => {
      debug(options, '[SessionTracking] ', sentence);
      return new SessionTracker<Events>(options, reason);
    };
    if (typeof document === 'undefined') {
      return makeInert('no-document', 'There is no document here, so the session tracker does nothing.');
    }
    try {
      // Without Temporal the compiled tracker asks a formatter for the time zone, and the first of a page takes some 20 ms: it gets a task of its own.
      await Promise.all([load(undefined, options.wasm), macrotask().then(() => 'Temporal' in window || Intl.DateTimeFormat())]);
    } catch (cause) {
      return makeInert('no-webassembly', `Neither WebAssembly nor the JavaScript in its place could be started, so the session tracker does nothing. ${String(cause)}`);
    }
    // A page that is prerendered may never be seen, and counts from when it is.
    if ((document as { prerendering?: boolean }).prerendering) {
      await new Promise((shown) => document.addEventListener('prerenderingchange', shown, { once: true }));
    }
    const site = await siteOf(options);
    await macrotask();
    const tracker = new SessionTracker<Events>(options, '', site);
    // Whoever starts it does so in the next task.
    await macrotask();
    return tracker;
  }

  /**
   * Begins a session, or takes up the one that an earlier page of the same visit left. The same promise when repeated.
   *
   * @returns the session's id once the backend has it; `undefined` if the backend could not be reached at first (the tracker goes
   *   on trying) or refused
   */
  initializeSession(): Promise<string | undefined> {
    if (this.#starting) return this.#starting.promise;
    const { promise } = (this.#starting = deferred());
    this.#ending = undefined;
    this.#isWanted = true;
    this.#goOn();
    if (this.#isStill()) this.#settle();
    return promise;
  }

  /** The same as `initializeSession()`. */
  start(): Promise<string | undefined> {
    return this.initializeSession();
  }

  /**
   * Names the person who has just signed in, 1 to 128 characters. The session that goes on ends as `replaced`, and what was logged in it
   * stays there; another one begins that names the person, and the last one as the one before. The same name again is nothing.
   */
  identify(userId: string): void {
    const options = { ...this.#options, userId };
    try {
      check(options);
      this.#options = options;
      this.#goOn();
    } catch (cause) {
      debug(options, cause);
    }
  }

  /** Says where the person is; it counts at once. Where they are already is nothing. 1 to 200 characters. */
  changeSection(section: string): void {
    this.#ask(SECTION_AT_ONCE, (this.#section = textOf(section)));
  }

  /** The same, but it counts once it has held for the debounce time (1 s by default), or when the page is hidden. */
  changeSectionDebounced(section: string): void {
    this.#ask(SECTION, (this.#section = textOf(section)));
  }

  /**
   * Logs an event. What `eventData` holds is written down at once; later changes to it do not count.
   *
   * @param eventType 1 to 200 characters
   * @param eventData anything that `JSON.stringify` can write, at most 32,768 bytes of it
   * @returns the event's id, or `undefined` if it was refused: `ledger.refused` counts why, and the logger is told
   */
  logEvent<Type extends keyof Events & string>(eventType: Type, ...data: EventArguments<Events, Type>): string | undefined;
  logEvent(eventType: unknown, eventData?: unknown): string | undefined {
    const { beforeSend } = this.#options;
    let json: string | undefined;
    try {
      json = JSON.stringify(eventData);
    } catch {
      // A cycle, a BigInt or a throwing toJSON.
    }
    // A function has no JSON either, but that throws nothing.
    if (json === undefined && eventData !== undefined) {
      return this.#refuse('unserialisable', 'its data has no JSON form (a cycle, a BigInt, a function, a throwing toJSON); pass plain data');
    }
    if (beforeSend) {
      try {
        const event = beforeSend({ eventType: eventType as string, eventData: json && JSON.parse(json) });
        if (!event) return this.#refuse('before_send', 'beforeSend dropped it');
        eventType = event.eventType;
        json = JSON.stringify(event.eventData);
      } catch (cause) {
        return this.#refuse('before_send', 'beforeSend failed. ', cause);
      }
    }
    return this.#ask(LOG, textOf(eventType), json) || undefined;
  }

  /** Sends what waits. Resolves when it is acknowledged, or when the backend could not be reached. */
  flush(): Promise<void> {
    return this.#untilSettled(FLUSH);
  }

  /**
   * Ends the session for good, and sends what waits along with it. `manual` unless another reason is given. The same promise
   * when repeated. Resolves when the backend knows, or could not be reached (it is tried again as long as the page lives).
   */
  endSession(reason: EndReason = 'manual'): Promise<void> {
    this.#ending ??= this.#untilSettled(END, textOf(reason));
    this.#isWanted = false;
    this.#starting?.resolve(undefined);
    this.#starting = undefined;
    return this.#ending;
  }

  /** The same as `endSession()`. */
  end(reason?: EndReason): Promise<void> {
    return this.endSession(reason);
  }

  /** The person's own figures of the last `daysBack` days (1 to 365, 30 by default), or `undefined` if the backend would not say. */
  async getStats(daysBack = 30): Promise<SessionStats | undefined> {
    const who = this.#ask(WHO);
    if (!who) return undefined;
    const [user, visitor] = who.split('\0');
    try {
      // Without a bearer, reading has to say about whom.
      return await this.#host?.readStats(daysBack, this.#options.getToken ? '' : user, visitor);
    } catch {
      return undefined;
    }
  }

  /** Where the tracker stands: immutable, and the same object as long as nothing changed. */
  getState(): SessionState {
    return this.#state;
  }

  /** Calls the listener whenever `getState()` gives another object, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    return this.#listeners.add('', listener);
  }

  /** Calls the listener at every event of that name, until the returned function is called. */
  on<Name extends keyof TrackerEvents>(name: Name, listener: (detail: TrackerEvents[Name]) => void): () => void {
    return this.#listeners.add(name, listener);
  }

  /** The person agrees to be tracked, whatever their browser says. What `consent: 'pending'` held back goes on, or starts anew. */
  optIn(): void {
    remember(this.#options, false);
    this.#isPending = false;
    if (this.#state.status === 'opted-out' && !this.#isDestroyed) {
      this.#become(IDLE);
      this.#open();
    }
    this.#goOn();
  }

  /**
   * The person does not want to be tracked: the session ends, and nothing is tracked here, in the other tabs and on later pages until
   * `optIn()`. `purge` forgets what waits instead of sending it, also what travels, and clears storage. One entry remembers the choice.
   */
  optOut(how?: { purge?: boolean }): void {
    const purge = how?.purge;
    const mayNotSend = purge || this.#isPending;
    if (mayNotSend) {
      const { queued, inFlight, ...counted } = this.ledger;
      const dropped = added(counted.dropped, { opted_out: queued + inFlight });
      this.#ask(DISCARD);
      this.#counted = { ...counted, queued: 0, inFlight: 0, dropped };
    } else {
      this.#ask(END, 'manual');
      this.#ask(DESTROY);
      this.#counted = this.ledger;
    }
    this.#core = this.#standIn;
    remember(this.#options, true, purge);
    this.#site?.forget();
    this.#become({ status: 'opted-out' });
    this.#settle();
    this.#listeners.tell('optedOut', {});
  }

  /** The answers to the five questions to ask when nothing arrives. */
  diagnose(): Diagnosis {
    const { status } = this.#state;
    return Object.freeze({
      hasSession: status === 'starting' || status === 'live',
      sessionId: this.sessionId,
      errors: [...this.#errors],
      isBackendReachable: !this.#ask(IS_DOWN),
      isDestroyed: this.#isDestroyed,
    });
  }

  /** What became of every event: accepted = delivered + queued + in flight + dropped; refused ones were never accepted. */
  get ledger(): Ledger {
    return Object.freeze(added(this.#counted, JSON.parse(this.#ask(LEDGER) || '{}')));
  }

  /** The session's id, once there is one. */
  get sessionId(): string | undefined {
    const state = this.getState();
    return 'sessionId' in state ? state.sessionId : undefined;
  }

  /**
   * For `session-tracker/rooms`, whose presence travels with the heartbeat: the carrier sees what is about to be sent, and may send more along.
   * The last one given counts; without one nothing is carried.
   */
  carry(carrier?: Carrier): Carriage {
    this.#carrier = carrier;
    return { options: this.#options, who: () => this.#ask(WHO).split('\0') };
  }

  /** Says goodbye as a closing page does (`app_close`, which the next page takes back), and takes away every timer and listener. */
  destroy(): void {
    this.#ask(this.#isPending ? DISCARD : DESTROY);
    this.#isDestroyed = true;
    this.#listening.abort();
    this.#dismissWitness();
    this.#settle();
    this.#listeners.clear();
  }

  #goOn(): void {
    if (this.#isWanted && !this.#isPending) this.#ask(START, this.#options.userId ?? '');
  }

  #open(): void {
    let hasTrapped = false;
    this.#dismissWitness();
    this.#dismissWitness = onTrap((cause) => {
      hasTrapped = true;
      this.#retire(cause);
    });
    try {
      const { getToken } = this.#options;
      // JSON leaves the functions out; a logger may hold anything.
      const { wasDiscarded } = document as { wasDiscarded?: boolean };
      const json = JSON.stringify({ ...this.#options, section: this.#section, logger: undefined, wasDiscarded });
      const host = {
        getToken,
        isPending: () => this.#isPending,
        site: this.#site,
        who: () => this.#options.userId ?? '',
        carry: (body: string) => this.#carrier?.(body),
        // What one that is gone still says is about nothing that is there.
        hear: (what: number, text: string) => (this.#core === core || this.#core === this.#standIn) && this.#hear(what, text),
        signal: (what: number, text: string, more: string) => core.say(what, text, more),
      };
      const core: Core = new Compiled(json, host);
      this.#host = host as typeof host & Host;
      if (!hasTrapped) this.#core = core;
    } catch (cause) {
      // A trap has told by itself.
      if (!hasTrapped) this.#retire(cause);
    }
  }

  /* What the compiled tracker answers, or the inert one if that made it fail. */
  #ask(what: number, text = '', more = ''): string {
    const asked = this.#core;
    try {
      const answer = asked.say(what, text, more);
      // After a trap the module's exports return nothing, whatever their types say.
      if (asked === this.#core) return answer;
    } catch (cause) {
      debug(this.#options, '[SessionTracking] A call failed and was left out. ', cause);
    }
    return this.#standIn.say(what, text, more);
  }

  #untilSettled(what: number, text?: string): Promise<void> {
    const { promise } = (this.#settling ??= deferred());
    this.#ask(what, text);
    if (this.#isStill()) this.#settle();
    return promise;
  }

  #hear(what: number, text: string): void {
    if (what === DEBUG) debug(this.#options, text);
    else if (what === ERROR) this.#report(text);
    else if (what === STARTED) this.#started(text as 'started' | 'resumed');
    else if (what === SETTLED) this.#settle();
    else if (what === CHANGED) this.#become(JSON.parse(text));
    else if (what === ENDED) this.#ended(text as EndReason);
    else if (what === UNREACHABLE) this.#note(`the backend does not answer as the session API says; trying again: ${this.#host!.asked.join(' ').slice(0, 200)}`);
    else if (what === EXPIRING) this.#listeners.tell('expiring', { sessionId: this.sessionId, message: text });
  }

  #started(how: 'started' | 'resumed'): void {
    const sessionId = this.sessionId!;
    debug(this.#options, '[InteractionTracker] Session started successfully');
    this.#starting?.resolve(sessionId);
    this.#listeners.tell(how, { sessionId });
    this.#tell(sessionId, how);
  }

  /* The state is already what followed. */
  #ended(reason: EndReason): void {
    const isFollowed = this.#state.status !== 'ended';
    const sessionId = (isFollowed ? this.#previous : this.sessionId)!;
    debug(this.#options, `session ended: ${reason}`);
    this.#listeners.tell('ended', { sessionId, reason });
    if (reason === 'replaced') this.#listeners.tell(reason, { sessionId, reason });
    this.#tell(isFollowed ? this.sessionId : undefined, reason);
  }

  #tell(sessionId: string | undefined, reason: 'started' | 'resumed' | EndReason): void {
    const previous = this.#told;
    if (sessionId === previous) return;
    this.#told = sessionId;
    quietly(() => this.#options.onSessionChange?.(sessionId, previous, reason));
  }

  #become(state: SessionState): void {
    const before = this.sessionId;
    this.#state = Object.freeze(state);
    if (before !== this.sessionId) this.#previous = before;
    this.#listeners.tell('', undefined);
  }

  #refuse(reason: RefusalReason, advice?: string, cause?: unknown): undefined {
    this.#counted = added(this.#counted, { refused: { [reason]: 1 } });
    if (advice) debug(this.#options, `event refused: ${advice}`, cause);
  }

  /* Opted out or inert: nothing will come of any call. */
  #isStill(): boolean {
    return ['inert', 'opted-out'].includes(this.#state.status);
  }

  /* Nothing more will happen by itself for now. */
  #settle(): void {
    this.#settling?.resolve();
    this.#settling = undefined;
    if (this.getState().status === 'live') return;
    this.#starting?.resolve(undefined);
    this.#starting = undefined;
  }

  #retire(cause: unknown): void {
    this.#core = this.#standIn;
    this.#become({ status: 'inert', reason: 'trap' });
    this.#settle();
    this.#report('The session tracker failed and does nothing until the page is loaded again.', cause);
  }

  #report(message: string, cause?: unknown): void {
    this.#note(message);
    const error = new Error(message, { cause });
    quietly(() => this.#options.onError?.(error));
    this.#listeners.tell('error', error);
  }

  #note(message: string): void {
    debug(this.#options, message);
    this.#errors = [...this.#errors, message].slice(-ERRORS);
  }
}

/* The cookies of its domain, from a file that is loaded only where they are asked for. Without it each subdomain is a visit of its own. */
async function siteOf(options: Options): Promise<Site | undefined> {
  try {
    if (options.cookieDomain) return (await import('./site.js')).siteOf(options);
  } catch (cause) {
    debug(options, cause);
  }
  return undefined;
}

/* What a page throws need not have a text. */
function debug(options: Options, message: unknown, cause: unknown = ''): void {
  quietly(() => options.logger?.debug(`${message}${cause}`));
}

/* A listener passed as it is (`onClick={end}`) brings its event, and a caller without types anything. */
function textOf(given: unknown): string {
  return typeof given === 'string' ? given : '';
}
