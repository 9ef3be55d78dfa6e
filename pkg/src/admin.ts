/*
 * What an operator asks of the backend, with the service token: its clean-up, and what it says of all sessions together. The server cleans up by
 * itself; nothing here deletes anything, and none of it belongs into a page that visitors see.
 */
import { Api, type Answer, type ApiOptions, type Problem } from './api.js';

export type { Answer, ApiOptions, Problem };

/** What `new SessionCleanupService()` and `getInstance()` take. */
export interface AdminOptions extends Omit<ApiOptions, 'userId'> {
  /**
   * The backend's API, above `/admin` and `/analytics`.
   * @defaultValue `/api`
   * @example `'http://127.0.0.1:8787/api'`
   */
  endpoint?: string;
  /**
   * Puts the shared service on `window.sessionCleanupService`, to be talked to from the console of a debug build.
   * @defaultValue `false`
   * @example `true`
   */
  debug?: boolean;
}

/** How often `start()` asks for a clean-up unless it is told otherwise. */
export const CLEANUP_INTERVAL_MINUTES = 15;

/** One run of one of the server's jobs. */
export interface CleanupRun {
  /** Its name, such as `end_inactive_sessions`. */
  readonly job: string;
  /** RFC 3339, by the server's clock. */
  readonly startedAt: string;
  /** RFC 3339; null while it runs. */
  readonly finishedAt: string | null;
  /** How many rows it ended or deleted. */
  readonly count: number;
  /** What went wrong; null if nothing did. */
  readonly error?: string | null;
}

/** What `runCleanup()` and `cleanupInactiveSessions()` give. */
export interface CleanupRuns {
  /** What the jobs did, each that was run. */
  readonly runs: readonly CleanupRun[];
  /** Jobs that another run is at, and that were not run. */
  readonly busy: readonly string[];
}

/** One of the server's jobs. */
export interface CleanupJob {
  /** Its name, such as `end_inactive_sessions`. */
  readonly job: string;
  /** Seconds between its runs. */
  readonly everySeconds: number;
  /** Whether it runs at this moment. */
  readonly isRunning: boolean;
  /** RFC 3339, by the server's clock; null where this server does not run it by itself. */
  readonly nextRunAt: string | null;
  /** RFC 3339; null before its first run. */
  readonly lastRunAt: string | null;
  /** RFC 3339; null before its first run that went well. */
  readonly lastSuccessAt: string | null;
  /** How many rows it ended or deleted, in all its runs. */
  readonly count: number;
  /** How many of its runs failed. */
  readonly failures: number;
}

/** What `getCleanupStats()` gives. */
export interface CleanupStats {
  /** Whether this server runs its jobs by itself. */
  readonly isRunning: boolean;
  /** Each of them. */
  readonly jobs: readonly CleanupJob[];
  /** The last 50 runs, newest first. */
  readonly runs: readonly CleanupRun[];
}

/** What `getSessionAnalytics()` gives, of the sessions that began in the time asked for. Hours and days are UTC. */
export interface SessionAnalytics {
  /** How many they are. */
  readonly totalSessions: number;
  /** How many different people's. */
  readonly totalUsers: number;
  /** Seconds that one lasted, on average. */
  readonly averageDurationSeconds: number;
  /** Seconds that one was visible and in use, on average. */
  readonly averageActiveSeconds: number;
  /** The hours of the day in which most began, 0 to 23, busiest first. */
  readonly peakHours: readonly number[];
  /** How many began in each of the day's 24 hours. */
  readonly hours: readonly number[];
  /** How many ended for each reason. */
  readonly endReasons: Readonly<Record<string, number>>;
  /** How often each section was entered, most entered first. */
  readonly sections: readonly { readonly section: string; readonly count: number }[];
  /** How many events of each type came, most frequent first. */
  readonly eventTypes: readonly { readonly eventType: string; readonly count: number }[];
  /** How many of the people whose first session this was came back 1, 7 and 30 days later; `share` is from 0 to 1, null of nobody. */
  readonly retention: readonly { readonly day: number; readonly users: number; readonly returned: number; readonly share: number | null }[];
  /** What became of the events that tabs have numbered; `completeness` is from 0 to 1, null of none. */
  readonly delivery: { readonly given: number; readonly received: number; readonly dropped: number; readonly missing: number; readonly completeness: number | null };
}

/** Asks the server to clean up, now or regularly. No method throws or rejects. */
export class SessionCleanupService {
  static #instance: SessionCleanupService | undefined;
  #api: Api;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** One service with options of its own; `getInstance()` is the shared one. */
  constructor(options: AdminOptions) {
    this.#api = new Api(options, '/api');
  }

  /** The one service of this program. The options count at the first call. */
  static getInstance(options: AdminOptions = {}): SessionCleanupService {
    SessionCleanupService.#instance ??= new SessionCleanupService(options);
    if (options.debug && typeof window !== 'undefined') Object.assign(window, { sessionCleanupService: SessionCleanupService.#instance });
    return SessionCleanupService.#instance;
  }

  /** Whether `start()` was called, and `stop()` not since. */
  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /**
   * Asks for a clean-up now, and every `minutes` (15 by default, 1 to 1440) until `stop()`. Starting twice is starting once.
   *
   * @throws a `RangeError` if `minutes` is out of range
   */
  start(minutes: number = CLEANUP_INTERVAL_MINUTES): void {
    if (!(minutes >= 1 && minutes <= 1_440)) throw new RangeError(`SessionCleanupService.start takes 1 to 1440 minutes; it was given ${String(minutes)}`);
    if (this.isRunning) return;
    this.#timer = setInterval(() => void this.runCleanup(), minutes * 60_000);
    this.#api.debug(`Cleanup service running: ${this.isRunning}`);
    void this.runCleanup();
  }

  /** Ends what `start()` began. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Has the server run all its jobs now, and gives what they did. */
  async runCleanup(): Promise<Answer<CleanupRuns>> {
    return this.#api.post('/admin/cleanup/run', {});
  }

  /** Has the server remove the rooms that nobody is in, and gives what that did. */
  async cleanupInactiveSessions(): Promise<Answer<CleanupRuns>> {
    return this.#api.post('/admin/cleanup/run', { job: 'cleanup_inactive_sessions' });
  }

  /** The last runs of the server's jobs, its own and those that were asked for. */
  async getCleanupStats(): Promise<Answer<CleanupStats>> {
    return this.#api.get('/admin/cleanup/stats');
  }

  /** What the backend says of all sessions together: average duration, peak hours, retention. `daysBack` is 1 to 365, 30 by default. */
  async getSessionAnalytics(daysBack = 30): Promise<Answer<SessionAnalytics>> {
    return this.#api.get('/analytics/summary', { daysBack });
  }
}
