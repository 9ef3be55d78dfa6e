/*
 * The class that the package exports: every method of the compiled tracker, behind the guard. It decides nothing about sessions.
 */
import {
  SessionTracker as CompiledTracker,
  type EndReason,
  type Ledger,
  type Options,
  type SessionState,
  type SessionStats,
} from '../dist/wasm/session_tracker.js';
import { Guard, type Report } from './guard.js';
import { inert, type Core } from './inert.js';
import { load } from './load.js';
import { onTrap } from './shield.js';

/** Tells a backend who is in the page, where, and for how long. None of its methods throws or rejects. */
export class SessionTracker {
  #guard: Guard;

  private constructor(core: Core, report: Report) {
    if (!report) throw new TypeError('A SessionTracker is made by `await SessionTracker.create(options)`.');
    this.#guard = new Guard(core, report);
  }

  /**
   * Makes a tracker; sends nothing yet. Without a document (Node, server rendering), and where WebAssembly is missing or
   * forbidden, the tracker is inert: it has the same methods, does nothing, and says so once to `options.logger`.
   *
   * @throws (by rejection) a `TypeError` naming the option, what was given and what is expected.
   */
  static async create(options: Options): Promise<SessionTracker> {
    const report = reportTo(options);
    const makeInert = (reason: Parameters<typeof inert>[0], sentence: string) => {
      debug(options, sentence);
      return new SessionTracker(inert(reason), report);
    };
    if (typeof document === 'undefined') {
      return makeInert('no-document', 'There is no document here, so the session tracker does nothing.');
    }
    try {
      await load();
    } catch (cause) {
      return makeInert('no-webassembly', `WebAssembly could not be started, so the session tracker does nothing. ${String(cause)}`);
    }
    const core = await compiled(options);
    return new SessionTracker(core, report);
  }

  /** Starts the session, or takes up the one this browser left a moment ago. Gives its id once the backend has it. Repeated calls give the same promise. */
  initializeSession(): Promise<string | undefined> {
    return this.#guard.askLater((core) => core.initializeSession());
  }

  /** The same as `initializeSession()`. */
  start(): Promise<string | undefined> {
    return this.initializeSession();
  }

  /** Says which section the person is in. The section that is already current is nothing. 1 to 200 characters. */
  changeSection(section: string): void {
    this.#guard.ask((core) => core.changeSection(section));
  }

  /** The same, once the section has held for the debounce time (1 s by default) or the page is hidden. */
  changeSectionDebounced(section: string): void {
    this.#guard.ask((core) => core.changeSectionDebounced(section));
  }

  /**
   * Accepts an event for delivery. What `eventData` holds is written down at once; later changes to it do not count.
   *
   * @param eventType 1 to 200 characters
   * @param eventData anything that `JSON.stringify` can write, at most 32,768 bytes of it
   * @returns the event's id, or `undefined` if the event was refused: `ledger.refused` says why
   */
  logEvent(eventType: string, eventData?: unknown): string | undefined {
    return this.#guard.ask((core) => core.logEvent(eventType, eventData));
  }

  /** Sends what is queued without waiting for company. Resolves when the attempt is over. */
  async flush(): Promise<void> {
    await this.#guard.askLater((core) => core.flush());
  }

  /** Ends the session for good and sends what is queued with it. `manual` unless another reason is given. Repeated calls give the same promise. */
  endSession(reason?: EndReason): Promise<void> {
    return this.#guard.askLater((core) => core.endSession(reason)) as Promise<void>;
  }

  /** The same as `endSession()`. */
  end(reason?: EndReason): Promise<void> {
    return this.endSession(reason);
  }

  /** The person's own figures of the last `daysBack` days (1 to 365, 30 by default), or `undefined` if the backend could not be asked. */
  getStats(daysBack?: number): Promise<SessionStats | undefined> {
    return this.#guard.askLater((core) => core.getStats(daysBack));
  }

  /** Where the session stands. The same object as long as nothing changed. */
  getState(): SessionState {
    return this.#guard.ask((core) => core.getState());
  }

  /** Calls the listener after each change of state, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    return this.#guard.subscribe(listener);
  }

  /** What became of every event: accepted = delivered + queued + in flight + dropped; refused ones were never accepted. */
  get ledger(): Ledger {
    return this.#guard.ask((core) => core.ledger);
  }

  /** The session's id, once there is one. */
  get sessionId(): string | undefined {
    return this.#guard.ask((core) => core.sessionId);
  }

  /** Says goodbye as a closing page does (`app_close`, which the next page takes back), and takes away every timer and listener. */
  destroy(): void {
    this.#guard.destroy();
  }
}

/* A trap while creating would leave the promise for ever open. */
function compiled(options: Options): Promise<Core> {
  return new Promise((resolve, reject) => {
    const dismissWitness = onTrap(() => resolve(inert('trap')));
    CompiledTracker.create(options).then(resolve, reject).finally(dismissWitness);
  });
}

function reportTo(options: Options): Report {
  return {
    failed: (cause) => debug(options, `A call failed and was left out. ${String(cause)}`),
    trapped: (cause) => {
      const sentence = 'The session tracker failed and does nothing until the page is loaded again.';
      if (typeof options?.onError === 'function') options.onError(new Error(sentence, { cause }));
      else debug(options, `${sentence} ${String(cause)}`);
    },
  };
}

function debug(options: Options, sentence: string): void {
  try {
    options?.logger?.debug(`[SessionTracking] ${sentence}`);
  } catch {
    // The page's logger is not ours to mend.
  }
}
