//! The TypeScript of options, states and results: types only, no values. What each member means is said here, where users read it.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What `SessionTracker.create` takes. Only `endpoint` is required; an unknown option is an error. */
export interface Options {
  /** The session API's address: an http(s) URL, or a path such as `/api/sessions`. */
  endpoint: string;
  /** Your name for the person, 1 to 128 characters. A backend with login takes the subject of the token instead. */
  userId?: string;
  /** Gives the bearer for your backend. Asked once, and again when the backend refuses the last one (401). */
  getToken?: () => string | undefined | Promise<string | undefined>;
  /** What kind of application this is: letters, digits, dots, dashes, underscores. Default `web`. */
  platform?: string;
  /** Where the person is at the start, 1 to 200 characters. Default: `pathToSection` of the page's path. */
  section?: string;
  /** Your rule for naming a section after a path. Default: its first segment, and `home` for `/`. */
  pathToSection?: (path: string) => string;
  /** Which earlier sessions a start ends: of this `device` (default), all of this `user`, or `none`. */
  replace?: 'device' | 'user' | 'none';
  /** Kept with the session: an object of at most 8,192 bytes of JSON. */
  metadata?: Record<string, unknown>;
  /** How often a visible page says that it is there, 5 to 3600 seconds. Default: what the backend says, else 30. */
  heartbeatSeconds?: number;
  /** How long a section must hold before it counts, 0 to 60000 milliseconds. Default: what the backend says, else 1000. */
  debounceMilliseconds?: number;
  /** How long an event may wait for company, 0 to 600 seconds. Default: what the backend says, else 5. */
  flushSeconds?: number;
  /** Keeps two applications of one origin apart in storage. Default `session-tracker`. */
  namespace?: string;
  /** `local` (default) lets the next page take the session up; `none` stores nothing. */
  persistence?: 'local' | 'none';
  /** `auto` (default) runs as WebAssembly, and as plain JavaScript where a policy forbids that; `never` is plain JavaScript at once. */
  wasm?: 'auto' | 'never';
  /**
   * Whether the person has agreed to be tracked. `pending`: what happens is kept in memory, and nothing is sent or written until `optIn()`.
   * Default `granted`.
   */
  consent?: 'granted' | 'pending';
  /** Whether a browser that sends Global Privacy Control means `optOut({ purge: true })`, unless the person chose `optIn()`. Default true. */
  respectGpc?: boolean;
  /** Whether Do Not Track means the same. Default false. */
  respectDnt?: boolean;
  /** The part of all sessions, 0 to 1, whose events are taken in; sections and presence are reported of all. Default 1. */
  sampleRate?: number;
  /**
   * Sees every event at the call, before it has an id, and returns it, changed if need be, or nothing to drop it. What it throws drops the
   * event too. `eventData` is a copy.
   */
  beforeSend?: (event: LoggedEvent) => LoggedEvent | null | undefined | void;
  /** Hears when another session takes the place of the last one, or none does: `started`, `resumed`, or how the last one ended. */
  onSessionChange?: (sessionId: string | undefined, previousId: string | undefined, reason: 'started' | 'resumed' | EndReason) => void;
  /** Hears, at debug level, what the tracker does. Without it nothing is ever logged. */
  logger?: { debug(message: string): void };
  /** Hears of what the backend refused for good, and of a tracker that stopped itself. */
  onError?: (error: { message: string }) => void;
}

/** What `logEvent` was called with. */
export interface LoggedEvent {
  eventType: string;
  eventData?: unknown;
}

/** What `on()` can listen to. */
export interface TrackerEvents {
  /** The backend has a new session. */
  started: { readonly sessionId: string };
  /** The backend has this page in the session of an earlier one. */
  resumed: { readonly sessionId: string };
  /** A session is over, also when another one follows it. */
  ended: { readonly sessionId: string; readonly reason: EndReason };
  /** The same, where the reason is that another session took its place. */
  replaced: { readonly sessionId: string; readonly reason: EndReason };
  /** The person is not tracked from here on. */
  optedOut: Record<string, never>;
  /** What `onError` hears. */
  error: Error;
}

/** What `diagnose()` finds: the answers to the five questions to ask when nothing arrives. */
export interface Diagnosis {
  /** Is there a session? */
  readonly hasSession: boolean;
  /** Under which id do its events travel? */
  readonly sessionId: string | undefined;
  /** What went wrong? The last ten errors, oldest first. */
  readonly errors: readonly string[];
  /** Did the backend answer when it was last asked? */
  readonly isBackendReachable: boolean;
  /** Was `destroy()` called? */
  readonly isDestroyed: boolean;
}

/** What the person is doing: using the page, away from keyboard and pointer for 5 minutes, or not looking at it. */
export type Person = 'active' | 'idle' | 'hidden';

/** How a session ended. `app_close` is provisional: a page that comes back within 30 minutes takes it back. */
export type EndReason = 'logout' | 'manual' | 'app_close' | 'timeout' | 'replaced' | 'crash';

/** What a session is about, wherever there is one. */
export interface CurrentSession {
  readonly sessionId: string;
  /** Milliseconds since 1970, by the device's clock. */
  readonly startedAt: number;
  readonly section: string;
}

/** Where the tracker stands. Tell the cases apart by `status`. */
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
  | 'inert'
  | 'opted_out'
  | 'sampled'
  | 'before_send'
  | 'invalid_type'
  | 'reserved_type'
  | 'unserialisable'
  | 'too_large'
  | 'lone_surrogate'
  | 'ended';

/** What became of every event. accepted = delivered + queued + inFlight + the sum of dropped. */
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

/** The caller's statistics, as the backend counts them. Durations are in seconds. */
export interface SessionStats {
  readonly userId: string;
  readonly daysBack: number;
  readonly totalSessions: number;
  readonly totalSeconds: number;
  readonly averageSeconds: number;
  /** Entries of each section: starts in it and changes into it. */
  readonly sectionCounts: Readonly<Record<string, number>>;
  /** RFC 3339, or null before the first session. */
  readonly lastSessionStart: string | null;
  readonly activeSessions: number;
}
"#;
