/*
 * The class that the package exports: the compiled tracker with what is JavaScript's own affair, promises, subscribers and
 * the host's callbacks. It decides nothing about sessions, and whatever goes wrong inside, the page gets an answer.
 */
import type { EndReason, Ledger, Options, SessionState, SessionStats } from '../dist/wasm/session_tracker.js';
import type { AnyEvents, EventArguments } from './events.js';
import { deferred, type Deferred } from './deferred.js';
import { inert, type Core, type InertReason } from './inert.js';
import { Compiled, load } from './load.js';
import { check, wrongOption } from './options.js';
import { pathToSection } from './sections.js';
import { onTrap } from './shield.js';

/* What the compiled tracker tells, as it numbers them. */
const [DEBUG, ERROR, STARTED, SETTLED] = [0, 1, 2, 3];

const IDLE: SessionState = Object.freeze({ status: 'idle' });

/**
 * Tells a backend who is in the page, where, and for how long. After `create()` none of its methods throws or rejects.
 *
 * @typeParam Events the application's own events and what each carries, for `logEvent` to be checked; any by default
 */
export class SessionTracker<Events extends object = AnyEvents> {
  #options: Options;
  #refused: Record<string, number> = {};
  #standIn = inert(() => this.#refuse('inert'));
  #core = this.#standIn;
  #state = IDLE;
  #dismissWitness = () => {};
  #listeners = new Set<() => void>();
  #starting: Deferred<string | undefined> | undefined;
  #settling: Deferred<void> | undefined;
  #ending: Promise<void> | undefined;

  private constructor(options: Options, reason: InertReason | '') {
    if (reason === undefined) throw new TypeError('A SessionTracker is made by SessionTracker.create().');
    this.#options = options;
    if (reason) {
      this.#become({ status: 'inert', reason });
      return;
    }
    let hasTrapped = false;
    this.#dismissWitness = onTrap((cause) => {
      hasTrapped = true;
      this.#retire(cause);
    });
    try {
      // JSON leaves the functions out; a logger may hold anything.
      const json = JSON.stringify({ ...options, section: sectionHere(options), logger: undefined });
      const core = new Compiled(json, { getToken: options.getToken, hear: (what: number, text: string) => this.#hear(what, text) });
      if (!hasTrapped) this.#core = core;
    } catch (cause) {
      // A trap while creating leaves nothing that could be called; anything else is about an option.
      if (!hasTrapped) throw cause;
    }
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
      debug(options, `[SessionTracking] ${sentence}`);
      return new SessionTracker<Events>(options, reason);
    };
    if (typeof document === 'undefined') {
      return makeInert('no-document', 'There is no document here, so the session tracker does nothing.');
    }
    try {
      await load(undefined, options.wasm);
    } catch (cause) {
      return makeInert('no-webassembly', `Neither WebAssembly nor the JavaScript in its place could be started, so the session tracker does nothing. ${String(cause)}`);
    }
    return new SessionTracker<Events>(options, '');
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
    this.#ask((core) => core.initializeSession());
    if (this.getState().status === 'inert') this.#settle();
    return promise;
  }

  /** The same as `initializeSession()`. */
  start(): Promise<string | undefined> {
    return this.initializeSession();
  }

  /** Says where the person is; it counts at once. Where they are already is nothing. 1 to 200 characters. */
  changeSection(section: string): void {
    this.#ask((core) => core.changeSection(String(section), true));
  }

  /** The same, but it counts once it has held for the debounce time (1 s by default), or when the page is hidden. */
  changeSectionDebounced(section: string): void {
    this.#ask((core) => core.changeSection(String(section), false));
  }

  /**
   * Logs an event. What `eventData` holds is written down at once; later changes to it do not count.
   *
   * @param eventType 1 to 200 characters
   * @param eventData anything that `JSON.stringify` can write, at most 32,768 bytes of it
   * @returns the event's id, or `undefined` if it was refused: `ledger.refused` counts why, and the logger is told
   */
  logEvent<Type extends keyof Events & string>(eventType: Type, ...data: EventArguments<Events, Type>): string | undefined;
  logEvent(eventType: string, eventData?: unknown): string | undefined {
    let json: string | undefined;
    try {
      json = JSON.stringify(eventData);
    } catch {
      // A cycle, a BigInt or a throwing toJSON.
    }
    // A function has no JSON either, but that throws nothing.
    if (json === undefined && eventData !== undefined) {
      this.#refuse('unserialisable');
      debug(this.#options, 'event refused: its data has no JSON form (a cycle, a BigInt, a function, a throwing toJSON); pass plain data');
      return undefined;
    }
    return this.#ask((core) => core.logEvent(typeof eventType === 'string' ? eventType : '', json));
  }

  /** Sends what waits. Resolves when it is acknowledged, or when the backend could not be reached. */
  flush(): Promise<void> {
    return this.#untilSettled((core) => core.flush());
  }

  /**
   * Ends the session for good, and sends what waits along with it. `manual` unless another reason is given. The same promise
   * when repeated. Resolves when the backend knows, or could not be reached (it is tried again as long as the page lives).
   */
  endSession(reason: EndReason = 'manual'): Promise<void> {
    this.#ending ??= this.#untilSettled((core) => core.endSession(reason));
    this.#starting = undefined;
    return this.#ending;
  }

  /** The same as `endSession()`. */
  end(reason?: EndReason): Promise<void> {
    return this.endSession(reason);
  }

  /** The person's own figures of the last `daysBack` days (1 to 365, 30 by default), or `undefined` if the backend would not say. */
  async getStats(daysBack = 30): Promise<SessionStats | undefined> {
    try {
      return await this.#ask((core) => core.getStats(daysBack, !this.#options.getToken));
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
    // Its own key, for a host may subscribe the same function twice.
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** What became of every event: accepted = delivered + queued + in flight + dropped; refused ones were never accepted. */
  get ledger(): Ledger {
    const counted = JSON.parse(this.#ask((core) => core.ledger()));
    return Object.freeze({ ...counted, refused: { ...counted.refused, ...this.#refused } });
  }

  /** The session's id, once there is one. */
  get sessionId(): string | undefined {
    const state = this.getState();
    return 'sessionId' in state ? state.sessionId : undefined;
  }

  /** Says goodbye as a closing page does (`app_close`, which the next page takes back), and takes away every timer and listener. */
  destroy(): void {
    this.#ask((core) => core.destroy());
    this.#dismissWitness();
    this.#settle();
    this.#listeners.clear();
  }

  /* What the compiled tracker answers, or the inert one if that made it fail. */
  #ask<Answer>(question: (core: Core) => Answer): Answer {
    const asked = this.#core;
    try {
      const answer = question(asked);
      // After a trap the module's exports return nothing, whatever their types say.
      if (asked === this.#core) return answer;
    } catch (cause) {
      debug(this.#options, `[SessionTracking] A call failed and was left out. ${String(cause)}`);
    }
    return question(this.#standIn);
  }

  #untilSettled(ask: (core: Core) => void): Promise<void> {
    const { promise } = (this.#settling ??= deferred());
    this.#ask(ask);
    if (this.getState().status === 'inert') this.#settle();
    return promise;
  }

  #hear(what: number, text: string): void {
    if (what === DEBUG) debug(this.#options, text);
    else if (what === ERROR) this.#report(text);
    else if (what === STARTED) {
      debug(this.#options, '[InteractionTracker] Session started successfully');
      this.#starting?.resolve(this.sessionId);
    } else if (what === SETTLED) this.#settle();
    else this.#become(JSON.parse(text));
  }

  #become(state: SessionState): void {
    this.#state = Object.freeze(state);
    for (const listener of [...this.#listeners]) quietly(listener);
  }

  #refuse(reason: string): void {
    this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
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
    debug(this.#options, message);
    quietly(() => this.#options.onError?.(new Error(message, { cause })));
  }
}

function sectionHere({ section, pathToSection: rule = pathToSection }: Options): string {
  if (section) return section;
  try {
    return String(rule(location.pathname));
  } catch (cause) {
    throw wrongOption('pathToSection', 'a function from a path to a text', cause);
  }
}

function debug(options: Options, message: string): void {
  quietly(() => options.logger?.debug(message));
}

/* The host's own functions may throw; that is not theirs to find in our call stack. */
function quietly(call: () => void): void {
  try {
    call();
  } catch {
    // There is nobody left to tell.
  }
}
