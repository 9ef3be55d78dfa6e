/*
 * What the page hears of its session: the state it reads, the events and callbacks it is told by, and the errors that are remembered for it.
 * Of how the session comes about, and of events that are logged, it knows nothing.
 */
import type { EndReason, Options, SessionState } from '../dist/wasm/session_tracker.js';
import { CHANGED, DEBUG, ENDED, ERROR, EXPIRING, STARTED } from './heard.js';
import { debug, quietly } from './quietly.js';

/** Sentences that `diagnose()` remembers. */
const ERRORS = 10;

type Listener = (detail: never) => void;

export class News {
  #options: Options;
  #listeners = new Set<readonly [name: string, listener: Listener]>();
  /* The sessions that `onSessionChange` was told of, and that the page was in before. */
  #told: string | undefined;
  #previous: string | undefined;
  state: SessionState = Object.freeze({ status: 'idle' });
  /** The state's, if it has one. */
  sessionId: string | undefined;
  errors: string[] = [];

  constructor(options: Options) {
    this.#options = options;
  }

  /** Adds a listener to the event of this name, or without one to every change of the state, and gives how to take it away. */
  add(name: string, listener: Listener): () => void {
    const own = [name, listener] as const;
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  tell(event: string, detail?: unknown): void {
    for (const [name, listener] of [...this.#listeners]) if (name === event) quietly(() => listener(detail as never));
  }

  clear(): void {
    this.#listeners.clear();
  }

  become(state: SessionState): void {
    const { sessionId } = state as { sessionId?: string };
    if (sessionId !== this.sessionId) {
      this.#previous = this.sessionId;
      this.sessionId = sessionId;
    }
    this.state = Object.freeze(state);
    this.tell('');
  }

  /** What the compiled tracker tells. */
  hear(what: number, text: string): void {
    if (what === DEBUG) debug(this.#options, text);
    if (what === ERROR) this.report(text);
    if (what === STARTED) this.#started(text as 'started' | 'resumed');
    if (what === CHANGED) this.become(JSON.parse(text));
    if (what === ENDED) this.#ended(text as EndReason);
    if (what === EXPIRING) this.tell('expiring', { sessionId: this.sessionId, message: text });
  }

  report(message: string, cause?: unknown): void {
    this.note(message);
    const error = new Error(message, { cause });
    quietly(() => this.#options.onError?.(error));
    this.tell('error', error);
  }

  /** Remembers a sentence for `diagnose()`. */
  note(message: string): void {
    debug(this.#options, message);
    this.errors = [...this.errors, message].slice(-ERRORS);
  }

  #started(how: 'started' | 'resumed'): void {
    const { sessionId } = this;
    debug(this.#options, '[InteractionTracker] Session started successfully');
    this.tell(how, { sessionId });
    this.#follow(sessionId, how);
  }

  /* The state is already what followed. */
  #ended(reason: EndReason): void {
    const isFollowed = this.state.status !== 'ended';
    const sessionId = isFollowed ? this.#previous : this.sessionId;
    debug(this.#options, `session ended: ${reason}`);
    const detail = { sessionId, reason };
    this.tell('ended', detail);
    if (reason === 'replaced') this.tell(reason, detail);
    this.#follow(isFollowed ? this.sessionId : undefined, reason);
  }

  #follow(sessionId: string | undefined, reason: 'started' | 'resumed' | EndReason): void {
    const previous = this.#told;
    this.#told = sessionId;
    if (sessionId !== previous) quietly(() => this.#options.onSessionChange?.(sessionId, previous, reason));
  }
}
