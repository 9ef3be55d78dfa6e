/*
 * One tracker over the mounts and unmounts of a component. It knows nothing of React but this habit: a component may be
 * mounted, unmounted and mounted again within one task, and its children's effects run before its own.
 */
import { followSections, SessionTracker, type EndReason, type Options, type SessionState, type SessionStats } from './index.js';

const IDLE: SessionState = Object.freeze({ status: 'idle' });

/** Calls kept until the tracker is there; a component that makes more is in a loop. */
const HELD_CALLS = 1000;

export class Visit {
  #options: Options;
  #autoSections: boolean;
  #mounts = 0;
  #tracker: SessionTracker | undefined;
  #close: (() => void) | undefined;
  #held: ((tracker?: SessionTracker) => void)[] = [];
  #listeners = new Set<() => void>();

  /** Does nothing yet. */
  constructor(options: Options, autoSections = false) {
    this.#options = options;
    this.#autoSections = autoSections;
  }

  /** Opens the visit unless it is open. The returned function closes it, if by the next task nobody has mounted again. */
  mount = (): (() => void) => {
    this.#mounts += 1;
    this.#close ??= this.#open();
    return () => {
      this.#mounts -= 1;
      setTimeout(() => {
        if (this.#mounts > 0) return;
        this.#close?.();
        this.#close = undefined;
      });
    };
  };

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  state = (): SessionState => this.#tracker?.getState() ?? IDLE;

  stateOnServer = (): SessionState => IDLE;

  logEvent = (eventType: string, eventData?: unknown): string | undefined => {
    if (this.#tracker) return this.#tracker.logEvent(eventType, eventData);
    this.#hold((tracker) => tracker?.logEvent(eventType, eventData));
    return undefined;
  };

  changeSection = (section: string): void => this.#hold((tracker) => tracker?.changeSection(section));

  changeSectionDebounced = (section: string): void => this.#hold((tracker) => tracker?.changeSectionDebounced(section));

  getStats = (daysBack?: number): Promise<SessionStats | undefined> =>
    new Promise((resolve) => this.#hold((tracker) => resolve(tracker?.getStats(daysBack))));

  flush = (): Promise<void> => new Promise((resolve) => this.#hold((tracker) => resolve(tracker?.flush())));

  endSession = (reason?: EndReason): Promise<void> =>
    new Promise((resolve) => this.#hold((tracker) => resolve(tracker?.endSession(reason))));

  #hold(call: (tracker?: SessionTracker) => void): void {
    if (this.#tracker) call(this.#tracker);
    else if (this.#held.length < HELD_CALLS) this.#held.push(call);
    else call();
  }

  #open(): () => void {
    let closed = false;
    let stop = () => {};
    const opened = SessionTracker.create(this.#options).then(
      (tracker) => {
        if (closed) return tracker.destroy();
        stop = this.#adopt(tracker);
      },
      (cause: Error) => this.#refuse(cause),
    );
    return () => {
      closed = true;
      void opened.then(stop);
    };
  }

  /* Gives how to let go of the tracker: a component that goes says goodbye as a closing page does. */
  #adopt(tracker: SessionTracker): () => void {
    this.#tracker = tracker;
    const unsubscribe = tracker.subscribe(() => this.#notify());
    void tracker.start();
    const unfollow = this.#autoSections ? followSections(tracker, this.#options.pathToSection) : undefined;
    for (const call of this.#held.splice(0)) call(tracker);
    this.#notify();
    return () => {
      unfollow?.();
      unsubscribe();
      this.#tracker = undefined;
      this.#notify();
      tracker.destroy();
    };
  }

  /* Wrong options: the application goes on without a tracker, and its developer is told. */
  #refuse(cause: Error): void {
    for (const call of this.#held.splice(0)) call();
    console.debug(`[SessionTracking] Failed to start session: ${cause.message}`);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
