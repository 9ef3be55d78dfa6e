/*
 * The class that the package exports: the compiled tracker behind methods and promises. It decides nothing about sessions, and whatever goes
 * wrong inside, the page gets an answer. What the page hears without asking is in `news.ts`.
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
import { SETTLED, STARTED, UNREACHABLE } from './heard.js';
import { inert, type Core, type InertReason } from './inert.js';
import { added } from './ledger.js';
import { Compiled } from './load.js';
import { macrotask } from './macrotask.js';
import { News } from './news.js';
import { check, sectionHere } from './options.js';
import { debug, quietly } from './quietly.js';
import { DESTROY, DISCARD, END, FLUSH, IS_DOWN, LEDGER, LOG, SECTION, SECTION_AT_ONCE, START, WHO } from './said.js';
import { onTrap } from './shield.js';
import type { Site } from './site.js';
import { wake } from './waking.js';
import { textOf, written } from './written.js';

/* What the page gives to whoever asks for it to be opened. */
interface Host {
  /* What was asked last, and what came of it. */
  asked: readonly unknown[];
  readStats(daysBack: number, user?: string, visitor?: string): Promise<SessionStats | undefined>;
}

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
  #refuse = (reason: RefusalReason, advice?: string, cause?: unknown): undefined => {
    this.#counted = added(this.#counted, { refused: { [reason]: 1 } });
    if (advice) debug(this.#options, `event refused: ${advice}`, cause);
  };
  #standIn = inert(() => this.#refuse(this.#news.state.status === 'opted-out' ? 'opted_out' : 'inert'));
  #core = this.#standIn;
  #host: Host | undefined;
  #site: Site | undefined;
  #news: News;
  #carrier: Carrier | undefined;
  #isPending = false;
  #isWanted = false;
  #isDestroyed = false;
  #listening = new AbortController();
  #dismissWitness = () => {};
  #starting: Deferred<string | undefined> | undefined;
  #settling: Deferred<void> | undefined;
  #ending: Promise<void> | undefined;

  private constructor(options: Options, reason: InertReason | '', site?: Site) {
    if (reason === undefined) throw new TypeError('A SessionTracker is made by SessionTracker.create().');
    this.#options = options;
    this.#news = new News(options);
    this.#site = site;
    this.#section = reason ? '' : sectionHere(options);
    if (reason) {
      this.#news.become({ status: 'inert', reason });
      return;
    }
    this.#isPending = options.consent === 'pending';
    const obey = () => {
      if (this.#news.state.status !== 'opted-out' && isOptedOut(options, this.#isPending)) this.optOut({ purge: true });
    };
    // A choice that was made in another tab, or while this page was away. Before the compiled tracker listens, which would go on.
    for (const name of ['storage', 'pageshow']) addEventListener(name, obey, { capture: true, signal: this.#listening.signal });
    obey();
    if (this.#news.state.status === 'idle') this.#open();
  }

  /**
   * Makes a tracker; sends nothing yet. Without a document (Node, server rendering), and where WebAssembly is missing or
   * forbidden, the tracker is inert: it has the same methods, does nothing, and says so once to `options.logger`.
   *
   * @throws (by rejection) a `TypeError` naming the option, what it must be and what was given.
   */
  static async create<Events extends object = AnyEvents>(options: Options): Promise<SessionTracker<Events>> {
    check(options);
    const [lack, site] = await wake(options);
    const tracker = new SessionTracker<Events>(options, lack, site);
    // Whoever starts it does so in the next task.
    if (!lack) await macrotask();
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
    const call = written(eventType, eventData, this.#options, this.#refuse);
    return call && (this.#ask(LOG, ...call) || undefined);
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
    return this.#news.state;
  }

  /** Calls the listener whenever `getState()` gives another object, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    return this.#news.add('', listener);
  }

  /** Calls the listener at every event of that name, until the returned function is called. */
  on<Name extends keyof TrackerEvents>(name: Name, listener: (detail: TrackerEvents[Name]) => void): () => void {
    return this.#news.add(name, listener);
  }

  /** The person agrees to be tracked, whatever their browser says. What `consent: 'pending'` held back goes on, or starts anew. */
  optIn(): void {
    remember(this.#options, false);
    this.#isPending = false;
    if (this.#news.state.status === 'opted-out' && !this.#isDestroyed) {
      this.#news.become({ status: 'idle' });
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
      const counted = this.ledger;
      const { queued, inFlight } = counted;
      this.#ask(DISCARD);
      this.#counted = added(counted, { queued: -queued, inFlight: -inFlight, dropped: { opted_out: queued + inFlight } });
    } else {
      this.#ask(END, 'manual');
      this.#ask(DESTROY);
      this.#counted = this.ledger;
    }
    this.#core = this.#standIn;
    remember(this.#options, true, purge);
    this.#site?.forget();
    this.#news.become({ status: 'opted-out' });
    this.#settle();
    this.#news.tell('optedOut', {});
  }

  /** The answers to the five questions to ask when nothing arrives. */
  diagnose(): Diagnosis {
    const { status } = this.#news.state;
    return Object.freeze({
      hasSession: status === 'starting' || status === 'live',
      sessionId: this.sessionId,
      errors: [...this.#news.errors],
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
    return this.#news.sessionId;
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
    this.#news.clear();
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
      const host = {
        options: { ...this.#options, section: this.#section, logger: undefined },
        getToken,
        isPending: () => this.#isPending,
        site: this.#site,
        who: () => this.#options.userId ?? '',
        carry: (body: string) => this.#carrier?.(body),
        // What one that is gone still says is about nothing that is there.
        hear: (what: number, text: string) => (this.#core === core || this.#core === this.#standIn) && this.#hear(what, text),
        signal: (what: number, text: string, more: string) => core.say(what, text, more),
      };
      const core: Core = new Compiled(host);
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
    if (what === STARTED) this.#starting?.resolve(this.sessionId);
    if (what === SETTLED) this.#settle();
    // What a page's own `fetch` throws need not have a text.
    if (what === UNREACHABLE) quietly(() => this.#news.note(`the backend does not answer as the session API says; trying again: ${this.#cameBack()}`));
    this.#news.hear(what, text);
  }

  /* Where it was asked last, and what came of it, without what may be a token. */
  #cameBack(): string {
    return this.#host!.asked.join(' ').replace(/[\w-]{30,}/g, '…').slice(0, 200);
  }

  /* Opted out or inert: nothing will come of any call. */
  #isStill(): boolean {
    return ['inert', 'opted-out'].includes(this.#news.state.status);
  }

  /* Nothing more will happen by itself for now. */
  #settle(): void {
    this.#settling?.resolve();
    this.#settling = undefined;
    if (this.#news.state.status === 'live') return;
    this.#starting?.resolve(undefined);
    this.#starting = undefined;
  }

  #retire(cause: unknown): void {
    this.#core = this.#standIn;
    this.#news.become({ status: 'inert', reason: 'trap' });
    this.#settle();
    this.#news.report('The session tracker failed and does nothing until the page is loaded again.', cause);
  }
}
