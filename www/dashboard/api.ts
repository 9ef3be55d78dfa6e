/*
 * What the dashboard asks of the server: the operator's routes of the session API, with the service token. It shows nothing.
 * The shapes are those of api/openapi.yaml, as far as the dashboard reads them.
 */

/** A session that is online. Times are RFC 3339. */
export interface OnlineSession {
  sessionId: string;
  userId: string;
  status: 'active' | 'idle';
  section: string | null;
  platform: string;
  startedAt: string;
  lastContactAt: string;
  deviceInfo: { browser?: string; os?: string } | null;
}

/** Who is there at this moment. */
export interface Online {
  activeSessions: number;
  idleSessions: number;
  onlineSessions: number;
  onlineUsers: number;
  sections: Record<string, number>;
  sessions: OnlineSession[];
  serverTime: string;
}

/** What became of the events that their tabs have numbered. */
export interface Delivery {
  tabs: number;
  tabsWithGaps: number;
  given: number;
  received: number;
  dropped: number;
  missing: number;
  /** From 0 to 1; null if no number was given. */
  completeness: number | null;
}

/** The sessions that began in a span, together. */
export interface Summary {
  totalSessions: number;
  totalUsers: number;
  averageDurationSeconds: number;
  averageActiveSeconds: number;
  durations: { fromSeconds: number; toSeconds: number | null; sessions: number }[];
  endReasons: Record<string, number>;
  sections: { section: string; count: number }[];
  eventTypes: { eventType: string; count: number }[];
  delivery: Delivery;
  retention: { day: number; users: number; returned: number; share: number | null }[];
}

/** One moment of a series. */
export interface Point {
  at: string;
  sessions: number;
  users: number;
  events: number;
}

export interface Timeline {
  bucket: 'hour' | 'day';
  points: Point[];
}

/** One of the server's jobs. */
export interface Job {
  job: string;
  everySeconds: number;
  isRunning: boolean;
  nextRunAt: string | null;
  lastRunAt: string | null;
  count: number;
  failures: number;
}

/** One run of one of them. */
export interface JobRun {
  job: string;
  startedAt: string;
  finishedAt: string | null;
  count: number;
  error: string | null;
}

export interface JobStats {
  isRunning: boolean;
  jobs: Job[];
  runs: JobRun[];
  serverTime: string;
}

/** The server does not take the token. */
export class TokenRefused extends Error {}

/** The token that a server on this machine hands to its own pages; `undefined` from any other. */
export async function handedToken(): Promise<string | undefined> {
  const reply = await fetch('/live/service-token');
  if (reply.status === 404) return undefined;
  if (!reply.ok) throw new Error(`The server answered with status ${reply.status}.`);
  return (await reply.json()).token;
}

/**
 * What a route answers.
 *
 * @throws (by rejection) `TokenRefused`, or an `Error` whose message is a sentence for people
 */
export async function ask<Answer>(path: string, token: string, signal: AbortSignal): Promise<Answer> {
  const reply = await fetch(path, { headers: { Authorization: `Bearer ${token}` }, cache: 'no-store', signal }).catch((cause: unknown) => {
    throw signal.aborted ? cause : new Error('The server does not answer.');
  });
  if (reply.status === 401) throw new TokenRefused('The server does not take this service token.');
  if (!reply.ok) throw new Error(`The server answered with status ${reply.status}${await reason(reply)}.`);
  return reply.json();
}

/* What a problem (RFC 9457) says of itself. */
async function reason(reply: Response): Promise<string> {
  const problem: { title?: string } | undefined = await reply.json().catch(() => undefined);
  return problem?.title ? ` (${problem.title})` : '';
}
