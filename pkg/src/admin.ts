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

/** What `getCleanupStats()` and `runCleanup()` give. */
export interface CleanupStats {
  /** Newest first. */
  readonly runs: readonly CleanupRun[];
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
    return (SessionCleanupService.#instance ??= new SessionCleanupService(options));
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

  /** Has the server run its clean-up now, and gives what that did. */
  async runCleanup(): Promise<Answer<CleanupStats>> {
    return this.#api.post('/admin/cleanup/run', {});
  }

  /** The last runs of the server's jobs, its own and those that were asked for. */
  async getCleanupStats(): Promise<Answer<CleanupStats>> {
    return this.#api.get('/admin/cleanup/stats');
  }

  /** What the backend says of all sessions together: average duration, peak hours, retention. `daysBack` is 1 to 365, 30 by default. */
  async getSessionAnalytics(daysBack = 30): Promise<Answer<Readonly<Record<string, unknown>>>> {
    return this.#api.get('/analytics/summary', { daysBack });
  }
}
