/*
 * The tracker as a service object with three calls, for applications that think in those: start for a user, track, end.
 * It holds one tracker at a time and adds nothing to it.
 */
import { SessionTracker, type Options } from './index.js';

/** An event as `trackEvent()` takes it. */
export interface AnalyticsEvent {
  /** 1 to 200 characters. */
  eventType: string;
  /** Anything that `JSON.stringify` can write, at most 32,768 bytes of it. */
  eventData?: unknown;
}

/** Sessions and events by three calls; `analyticsService` is the one of the page. */
class AnalyticsService {
  #tracker: SessionTracker | undefined;

  /** The tracker behind the calls, once there is one. */
  get tracker(): SessionTracker | undefined {
    return this.#tracker;
  }

  /**
   * Begins a session for a user; one that goes on for another user ends first.
   *
   * @param options as for `SessionTracker.create()`; `endpoint` is `/api/sessions` unless it says otherwise
   * @returns the session's id, or `undefined` while the backend cannot be reached
   * @throws (by rejection) a `TypeError` naming the option that is wrong
   */
  async startUserSession(userId: string, options: Partial<Omit<Options, 'userId'>> = {}): Promise<string | undefined> {
    const next = await SessionTracker.create({ endpoint: '/api/sessions', ...options, userId });
    await this.#leave();
    this.#tracker = next;
    return next.start();
  }

  /** Ends the session with what waits in it. An id that is not the session's does nothing, and none at all means whichever there is. */
  async endUserSession(sessionId?: string): Promise<void> {
    if (sessionId === undefined || sessionId === this.#tracker?.sessionId) await this.#leave();
  }

  /** Logs an event, and gives its id; `undefined` if it was refused or no session was begun. */
  trackEvent(event: AnalyticsEvent): string | undefined {
    return this.#tracker?.logEvent(event?.eventType, event?.eventData);
  }

  async #leave(): Promise<void> {
    const tracker = this.#tracker;
    this.#tracker = undefined;
    await tracker?.end('logout');
    tracker?.destroy();
  }
}

/** What `analyticsService` is. */
export type { AnalyticsService };

/** The one service of the page. */
export const analyticsService: AnalyticsService = new AnalyticsService();
