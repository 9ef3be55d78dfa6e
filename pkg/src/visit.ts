/*
 * A component's hold on the page's tracker, over its mounts and unmounts. It knows nothing of React but this habit: a component may be
 * mounted, unmounted and mounted again within one task, and its children's effects run before its own.
 */
import { followSections, pathToSection, SessionTracker, type EndReason, type Options, type SessionState, type SessionStats } from './index.js';
import { sayOnce, hasSameValues, share } from './shared.js';

const IDLE: SessionState = Object.freeze({ status: 'idle' });

/** Calls kept until the tracker is there; a component that makes more is in a loop. */
const HELD_CALLS = 1000;

export class Visit {
  #options: Options;
  #autoSections: boolean;
  #mounts = 0;
  #tracker: SessionTracker | undefined;
  #hold: { leave(isLeaving: boolean): void; close(): void } | undefined;
  #held: ((tracker?: SessionTracker) => void)[] = [];
  #listeners = new Set<() => void>();
  #stats = new Map<number, SessionStats>();
  #hasWarned = false;
  /* The options were wrong: there will be no tracker. */
  #isVain = false;

  /** Does nothing yet. */
  constructor(options: Options, autoSections = false) {
    this.#options = options;
    this.#autoSections = autoSections;
  }

  /** Opens the visit unless it is open. The returned function closes it, if by the next task nobody has mounted again. */
  mount = (): (() => void) => {
    this.#mounts += 1;
    this.#hold ??= this.#open();
    this.#hold.leave(false);
    return () => {
      this.#mounts -= 1;
      if (this.#mounts === 0) this.#hold?.leave(true);
      setTimeout(() => {
        if (this.#mounts > 0) return;
        this.#hold?.close();
        this.#hold = undefined;
      });
    };
  };

  /** Tells the developer, once, that options of a later render do not count. */
  compareOptions = (options: Options): void => {
    if (this.#hasWarned || hasSameValues(this.#options, options)) return;
    this.#hasWarned = true;
    sayOnce(this.#options, 'The options of <SessionProvider> changed after it had mounted, and those of its first render count: give it another key to start anew.');
  };

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  state = (): SessionState => this.#tracker?.getState() ?? IDLE;

  /** Whether the backend can be asked about the person: it knows who they are, or there will be no session. */
  isSettled = (): boolean => this.#isVain || !['idle', 'starting'].includes(this.state().status);

  isSettledOnServer = (): boolean => false;

  stateOnServer = (): SessionState => IDLE;

  logEvent = (eventType: string, eventData?: unknown): string | undefined => {
    if (this.#tracker) return this.#tracker.logEvent(eventType, eventData);
    this.#wait((tracker) => tracker?.logEvent(eventType, eventData));
    return undefined;
  };

  changeSection = (section: string): void => this.#wait((tracker) => tracker?.changeSection(section));

  changeSectionDebounced = (section: string): void => this.#wait((tracker) => tracker?.changeSectionDebounced(section));

  /** The address is the application's; what it is called, the option `pathToSection` says. */
  trackPath = (pathname: string): void => {
    try {
      this.changeSectionDebounced((this.#options.pathToSection ?? pathToSection)(pathname));
    } catch {
      // The host's rule failed: the section stays.
    }
  };

  getStats = async (daysBack = 30): Promise<SessionStats | undefined> => {
    const stats = await new Promise<SessionStats | undefined>((resolve) => this.#wait((tracker) => resolve(tracker?.getStats(daysBack))));
    if (stats) this.#stats.set(daysBack, stats);
    return stats;
  };

  /** What `getStats` gave last. */
  lastStats = (daysBack: number): SessionStats | undefined => this.#stats.get(daysBack);

  flush = (): Promise<void> => new Promise((resolve) => this.#wait((tracker) => resolve(tracker?.flush())));

  identify = (userId: string): void => this.#wait((tracker) => tracker?.identify(userId));

  optIn = (): void => this.#wait((tracker) => tracker?.optIn());

  optOut = (how?: { purge?: boolean }): void => this.#wait((tracker) => tracker?.optOut(how));

  endSession = (reason?: EndReason): Promise<void> =>
    new Promise((resolve) => this.#wait((tracker) => resolve(tracker?.endSession(reason))));

  #wait(call: (tracker?: SessionTracker) => void): void {
    if (this.#tracker) call(this.#tracker);
    else if (!this.#isVain && this.#held.length < HELD_CALLS) this.#held.push(call);
    else call();
  }

  #open(): { leave(isLeaving: boolean): void; close(): void } {
    const own = share(this.#options);
    let closed = false;
    let letGo = () => {};
    void own.tracker.then((tracker) => {
      if (!closed) letGo = this.#adopt(tracker);
    });
    return {
      leave: (isLeaving) => (own.leaving = isLeaving),
      close() {
        closed = true;
        letGo();
        own.release();
      },
    };
  }

  /* Gives how to let go of the tracker. */
  #adopt(tracker: SessionTracker | undefined): () => void {
    this.#isVain = !tracker;
    for (const call of this.#held.splice(0)) call(tracker);
    if (!tracker) {
      this.#notify();
      return () => {};
    }
    this.#tracker = tracker;
    const unsubscribe = tracker.subscribe(() => this.#notify());
    const unfollow = this.#autoSections ? followSections(tracker, this.#options.pathToSection) : undefined;
    this.#notify();
    return () => {
      unfollow?.();
      unsubscribe();
      this.#tracker = undefined;
      this.#notify();
    };
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
