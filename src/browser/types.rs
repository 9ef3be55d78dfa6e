//! The TypeScript of options, states and results: types only, no values. What each member means is said here, where users read it.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What `SessionTracker.create` takes. Only `endpoint` is required; an unknown option is an error. */
export interface Options {
  /**
   * The session API's address: an http(s) URL, or a path such as `/api/sessions`.
   * @example `'/api/sessions'`
   */
  endpoint: string;
  /**
   * Your name for the person, 1 to 128 characters. A backend with login takes the subject of the token instead.
   * @defaultValue the backend's name for an anonymous visitor
   * @example `'ada'`
   */
  userId?: string;
  /**
   * Gives the bearer for your backend. Asked once, and again when the backend refuses the last one (401).
   * @defaultValue none: requests carry no bearer
   * @example `async () => (await currentUser()).accessToken`
   */
  getToken?: () => string | undefined | Promise<string | undefined>;
  /**
   * What kind of application this is: letters, digits, dots, dashes, underscores.
   * @defaultValue `web`
   * @example `'ios-internal'`
   */
  platform?: string;
  /**
   * Where the person is at the start, 1 to 200 characters.
   * @defaultValue `pathToSection` of the page's path
   * @example `'pricing'`
   */
  section?: string;
  /**
   * Your rule for naming a section after a path.
   * @defaultValue its first segment, and `home` for `/`
   * @example `(path) => path.split('/').slice(1, 3).join(' ')`
   */
  pathToSection?: (path: string) => string;
  /**
   * Which earlier sessions a start ends: of this `device`, all of this `user`, or `none`.
   * @defaultValue `device`
   * @example `'user'`
   */
  replace?: 'device' | 'user' | 'none';
  /**
   * Kept with the session: an object of at most 8,192 bytes of JSON.
   * @defaultValue nothing
   * @example `{ plan: 'M', experiment: 7 }`
   */
  metadata?: Record<string, unknown>;
  /**
   * How often a visible page says that it is there, 5 to 3600 seconds.
   * @defaultValue what the backend says, else 30 seconds
   * @example `15`
   */
  heartbeatSeconds?: number;
  /**
   * How long a section must hold before it counts, 0 to 60000 milliseconds.
   * @defaultValue what the backend says, else 1000 milliseconds
   * @example `500`
   */
  debounceMilliseconds?: number;
  /**
   * How long an event may wait for company, 0 to 600 seconds.
   * @defaultValue what the backend says, else 5 seconds
   * @example `1`
   */
  flushSeconds?: number;
  /**
   * How long nobody may do anything (point, type, scroll, touch, log an event) before the session ends as `timeout`, 6 to 1440 minutes.
   * The next input begins another, linked to it. 30 is what most analytics tools count as one session.
   * @defaultValue off: without input the session goes on
   * @example `30`
   */
  inactivityMinutes?: number;
  /**
   * Keeps two applications of one origin apart in storage.
   * @defaultValue `session-tracker`
   * @example `'back-office'`
   */
  namespace?: string;
  /**
   * `local` lets the next page take the session up; `none` stores nothing.
   * @defaultValue `local`
   * @example `'none'`
   */
  persistence?: 'local' | 'none';
  /**
   * The domain whose subdomains share one session: the page's own host, or a domain that it ends with, in 1 to 200 letters, digits, dots, dashes or
   * underscores. Each origin then has a cookie for the others, which lives for an hour. All of them have to set it, and to name their person
   * alike (`userId`, or a bearer of one subject). Where the browser keeps no such cookie each origin is a visit of its own, and the
   * logger is told. An opt-out holds for the origin it was made on.
   * @defaultValue none: each origin is a visit of its own, and no cookie is written
   * @example `'example.com'`
   */
  cookieDomain?: string;
  /**
   * `auto` runs as WebAssembly, and as plain JavaScript where a policy forbids that; `never` is plain JavaScript at once.
   * @defaultValue `auto`
   * @example `'never'`
   */
  wasm?: 'auto' | 'never';
  /**
   * Whether the person has agreed to be tracked. `pending`: what happens is kept in memory, and nothing is sent or written until
   * `optIn()`.
   * @defaultValue `granted`
   * @example `'pending'`
   */
  consent?: 'granted' | 'pending';
  /**
   * Whether a browser that sends Global Privacy Control means `optOut({ purge: true })`, unless the person chose `optIn()`.
   * @defaultValue true
   * @example `false`
   */
  respectGpc?: boolean;
  /**
   * Whether Do Not Track means the same.
   * @defaultValue false
   * @example `true`
   */
  respectDnt?: boolean;
  /**
   * The part of all sessions, 0 to 1, whose events are taken in; sections and presence are reported of all.
   * @defaultValue 1
   * @example `0.1`
   */
  sampleRate?: number;
  /**
   * Sees every event at the call, before it has an id, and returns it, changed if need be, or nothing to drop it. What it throws
   * drops the event too. `eventData` is a copy.
   * @defaultValue every event goes as it is
   * @example `(event) => (event.eventType === 'secret' ? null : event)`
   */
  beforeSend?: (event: LoggedEvent) => LoggedEvent | null | undefined | void;
  /**
   * Hears when another session takes the place of the last one, or none does: `started`, `resumed`, or how the last one ended.
   * @defaultValue nobody hears of it
   * @example `(sessionId, previousId, reason) => analytics.send(sessionId, previousId, reason)`
   */
  onSessionChange?: (sessionId: string | undefined, previousId: string | undefined, reason: 'started' | 'resumed' | EndReason) => void;
  /**
   * Hears, at debug level, what the tracker does.
   * @defaultValue nothing is ever logged
   * @example `console`
   */
  logger?: { debug(message: string): void };
  /**
   * Hears of what the backend refused for good, and of a tracker that stopped itself.
   * @defaultValue nobody hears of it
   * @example `({ message }) => show(message)`
   */
  onError?: (error: { message: string }) => void;
}

/** What `logEvent` was called with. */
export interface LoggedEvent {
  /** 1 to 200 characters. */
  eventType: string;
  /** What `JSON.stringify` can write, at most 32,768 bytes of it. */
  eventData?: unknown;
}

/**
 * What `on()` can listen to, and what each listener is given.
 * @example `tracker.on('ended', ({ sessionId, reason }) => show(`${sessionId} ended: ${reason}`))`
 */
export interface TrackerEvents {
  /** The backend has a new session. */
  started: { readonly sessionId: string };
  /** The backend has this page in the session of an earlier one. */
  resumed: { readonly sessionId: string };
  /** A session is over, also when another one follows it. */
  ended: { readonly sessionId: string; readonly reason: EndReason };
  /** The same, where the reason is that another session took its place. */
  replaced: { readonly sessionId: string; readonly reason: EndReason };
  /**
   * The session ends in five minutes if it goes on as it is: nobody has the page in view, nobody does anything (`inactivityMinutes`), or it has
   * lasted for nearly 24 hours. The message is a sentence for people: "Session will expire in 5 minutes".
   */
  expiring: { readonly sessionId: string; readonly message: string };
  /** The person is not tracked from here on. */
  optedOut: Record<string, never>;
  /** What `onError` hears. */
  error: Error;
}

/**
 * What `diagnose()` finds: the answers to the five questions to ask when nothing arrives.
 * @example `{ hasSession: true, sessionId: '0198f3a2-…', errors: [], isBackendReachable: true, isDestroyed: false }`
 */
export interface Diagnosis {
  /** Is there a session? */
  readonly hasSession: boolean;
  /** Under which id do its events travel? */
  readonly sessionId: string | undefined;
  /** What went wrong? The last ten sentences, oldest first; of a backend that did not answer, with the address and what came of it. */
  readonly errors: readonly string[];
  /** Did the backend answer when it was last asked? */
  readonly isBackendReachable: boolean;
  /** Was `destroy()` called? */
  readonly isDestroyed: boolean;
}

/** What the person is doing. */
export type Person =
  /** Using the page. */
  | 'active'
  /** Away from keyboard and pointer for 5 minutes. */
  | 'idle'
  /** Not looking at it. */
  | 'hidden';

/**
 * How a session ended. All but `app_close` are final.
 * @example `await tracker.end('logout')`
 */
export type EndReason =
  /** The person signed out. */
  | 'logout'
  /** The application said so. */
  | 'manual'
  /** The last page was closed. Provisional: a page that comes back within 30 minutes takes it back. */
  | 'app_close'
  /** Nothing was heard of it for an hour, or it lasted for 24. */
  | 'timeout'
  /** Another session took its place. */
  | 'replaced'
  /** Its page died without a word, and none came back in time. */
  | 'crash';

/** What a session is about, wherever there is one. */
export interface CurrentSession {
  /** A UUID, the same in every tab. */
  readonly sessionId: string;
  /** Milliseconds since 1970, by the device's clock. */
  readonly startedAt: number;
  /** Where the person is. */
  readonly section: string;
}

/**
 * Where the tracker stands. Tell the cases apart by `status`.
 * @example `{ status: 'live', person: 'active', sessionId: '0198f3a2-…', startedAt: 1772366400000, section: 'pricing' }`
 */
export type SessionState =
  /** Not started. */
  | { readonly status: 'idle' }
  /** Started here; the backend does not have it yet. */
  | ({ readonly status: 'starting' } & CurrentSession)
  /** Running. */
  | ({ readonly status: 'live'; readonly person: Person } & CurrentSession)
  /** Over. `initializeSession()` begins another. */
  | { readonly status: 'ended'; readonly sessionId?: string; readonly reason: EndReason }
  /** The person does not want to be tracked. */
  | { readonly status: 'opted-out' }
  /** Nothing is tracked: `destroyed`, `refused` by the backend, or why the tracker cannot run here. */
  | { readonly status: 'inert'; readonly reason: string };

/** Why a call of `logEvent` was not taken in. */
export type RefusalReason =
  /** The tracker does nothing here: `getState()` says why. */
  | 'inert'
  /** The person does not want to be tracked. */
  | 'opted_out'
  /** The session is not among those that `sampleRate` takes in. */
  | 'sampled'
  /** `beforeSend` dropped it, or failed. */
  | 'before_send'
  /** Its type is no text of 1 to 200 characters. */
  | 'invalid_type'
  /** Its type is one that the backend itself writes, such as `session_start`. */
  | 'reserved_type'
  /** Its data has no JSON form. */
  | 'unserialisable'
  /** Its data is longer than 32,768 bytes. */
  | 'too_large'
  /** Its type or data holds half of a character, which no database takes. */
  | 'lone_surrogate'
  /** The session is over. */
  | 'ended';

/**
 * What became of every event. accepted = delivered + queued + inFlight + the sum of dropped.
 * @example `{ accepted: 12, delivered: 9, queued: 2, inFlight: 1, dropped: {}, refused: { too_large: 1 } }`
 */
export interface Ledger {
  /** Events taken in. */
  readonly accepted: number;
  /** Events the backend has stored. */
  readonly delivered: number;
  /** Events that wait. */
  readonly queued: number;
  /** Events that travel; what became of them is not known yet. */
  readonly inFlight: number;
  /** Events given up, by reason. The backend is told each of them. */
  readonly dropped: Readonly<Partial<Record<'queue_full' | 'rejected' | 'too_large' | 'no_session' | 'opted_out', number>>>;
  /** Calls of `logEvent` that were not taken in, by reason. */
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
}

/**
 * The caller's statistics, as the backend counts them.
 * @example `{ userId: 'ada', daysBack: 30, totalSessions: 3, totalSeconds: 540, averageSeconds: 180, sectionCounts: { home: 3 }, lastSessionStart: '2026-03-01T12:00:00.000Z', activeSessions: 1 }`
 */
export interface SessionStats {
  /** Whose they are. */
  readonly userId: string;
  /** Of how many days, until now. */
  readonly daysBack: number;
  /** Sessions that began in that time. */
  readonly totalSessions: number;
  /** Seconds that they lasted together. */
  readonly totalSeconds: number;
  /** Seconds that one lasted, on average. */
  readonly averageSeconds: number;
  /** Entries of each section: starts in it and changes into it. */
  readonly sectionCounts: Readonly<Record<string, number>>;
  /** RFC 3339, or null before the first session. */
  readonly lastSessionStart: string | null;
  /** Sessions that go on at this moment. */
  readonly activeSessions: number;
}
"#;
