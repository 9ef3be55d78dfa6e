// Written by `npm run api-report`. Every entry, and below every declaration that one reaches.
//   session-tracker: index.d.ts
//   session-tracker/react: react.d.ts
//   session-tracker/analytics: analytics.d.ts
//   session-tracker/rooms: rooms.d.ts
//   session-tracker/ai: ai.d.ts
//   session-tracker/admin: admin.d.ts
//   session-tracker/testing: testing.d.ts
//   session-tracker/supabase: supabase.d.ts
//   session-tracker/slim: index.d.ts
//   session-tracker/slim/react: react.d.ts

// index.d.ts

export type { AnyEvents, EventArguments, LogEvent } from './events.js';
export { load, type WasmSource } from './load.js';
export { followSections, hashPath, pathToSection } from './sections.js';
export { SessionTracker } from './tracker.js';
export type { CurrentSession, Diagnosis, EndReason, Ledger, LoggedEvent, Options, Person, RefusalReason, SessionState, SessionStats, TrackerEvents, } from '../dist/wasm/session_tracker.js';

// react.d.ts

import { type ReactNode } from 'react';
import type { AnyEvents, EndReason, LogEvent, Options, SessionState, SessionStats } from './index.js';
import { Visit } from './visit.js';
export { SessionErrorPage, type SessionErrorPageProps } from './error-page.js';
export interface SessionProviderProps {
    options: Options;
    autoSections?: boolean;
    children?: ReactNode;
}
export interface Session<Events extends object = AnyEvents> {
    state: SessionState;
    logEvent: LogEvent<Events>;
    getStats: (daysBack?: number) => Promise<SessionStats | undefined>;
    changeSection: (section: string) => void;
    changeSectionDebounced: (section: string) => void;
    flush: () => Promise<void>;
    identify: (userId: string) => void;
    optIn: () => void;
    optOut: (how?: {
        purge?: boolean;
    }) => void;
    endSession: (reason?: EndReason) => Promise<void>;
}
export type SessionStatsState = {
    readonly status: 'loading';
    readonly stats?: SessionStats;
} | {
    readonly status: 'ready';
    readonly stats: SessionStats;
} | {
    readonly status: 'unavailable';
    readonly stats?: undefined;
};
export declare const SessionContext: import("react").Context<Visit | undefined>;
export declare function SessionProvider({ options, autoSections, children }: SessionProviderProps): ReactNode;
export declare function useSession<Events extends object = AnyEvents>(): Session<Events>;
export declare function useSessionState<Selected>(selector: (state: SessionState) => Selected): Selected;
export declare function useLogEvent<Events extends object = AnyEvents>(): LogEvent<Events>;
export declare function useSessionStats(daysBack?: number): SessionStatsState;
export declare function useTrackSection(pathname: string | null | undefined): void;
export { SessionProvider as InteractionTrackerProvider, SessionContext as InteractionTrackerContext };

// analytics.d.ts

import { SessionTracker, type Options } from './index.js';
export interface AnalyticsEvent {
    eventType: string;
    eventData?: unknown;
}
declare class AnalyticsService {
    #private;
    get tracker(): SessionTracker | undefined;
    startUserSession(userId: string, options?: Partial<Omit<Options, 'userId'>>): Promise<string | undefined>;
    endUserSession(sessionId?: string): Promise<void>;
    trackEvent(event: AnalyticsEvent): string | undefined;
}
export type { AnalyticsService };
export declare const analyticsService: AnalyticsService;

// rooms.d.ts

import { type Answer, type ApiOptions, type Problem } from './api.js';
import type { AccessMethod, Room, RoomEvent, RoomExpiry, SessionParticipant } from './room.js';
import type { SessionTracker } from './tracker.js';
export type { AccessMethod, Answer, ApiOptions, Problem, Room, RoomEvent, RoomExpiry, SessionParticipant };
export declare const PRESENCE_UPDATE_INTERVAL_SECONDS = 30;
export declare const EXPIRY_CHECK_INTERVAL_MINUTES = 5;
export declare const EXPIRY_WARNING_MINUTES = 5;
export interface RoomsOptions extends ApiOptions {
    endpoint?: string;
    tracker?: Pick<SessionTracker, 'carry' | 'getState'>;
    deviceId?: string;
    presenceSeconds?: number;
    expiryCheckMinutes?: number;
    onEvent?: (event: RoomEvent) => void;
}
export declare class SessionRooms {
    #private;
    constructor(options?: RoomsOptions);
    createSession(room?: {
        roomId?: string;
        maxParticipants?: number;
    }): Promise<Answer<Room>>;
    joinSession(roomId: string, { accessMethod }?: {
        accessMethod?: AccessMethod;
    }): Promise<Answer<Room>>;
    leaveSession(roomId: string): Promise<Answer<Room>>;
    updatePresence(roomId?: string): Promise<void>;
    checkSessionExpiry(roomId: string): Promise<Answer<RoomExpiry>>;
    participants(roomId: string): Promise<Answer<{
        readonly participants: readonly SessionParticipant[];
    }>>;
    destroy(): void;
}
export declare function openRooms(options?: RoomsOptions): SessionRooms;
export declare const joinSession: SessionRooms['joinSession'];
export declare const leaveSession: SessionRooms['leaveSession'];
export declare const updatePresence: SessionRooms['updatePresence'];
export declare const checkSessionExpiry: SessionRooms['checkSessionExpiry'];

// ai.d.ts

import { type Answer, type ApiOptions, type Problem } from './api.js';
export type { Answer, ApiOptions, Problem };
export interface AiInteraction {
    sessionId: string;
    prompt: string;
    response: string;
    modelUsed?: string;
    tokensUsed?: number;
}
export interface AiOptions extends ApiOptions {
    endpoint?: string;
    redact?: (interaction: Readonly<AiInteraction>) => AiInteraction | null;
}
export declare class AiSessions {
    #private;
    constructor(options?: AiOptions);
    createSession({ sessionId }?: {
        sessionId?: string;
    }): Promise<Answer<{
        readonly sessionId: string;
    }>>;
    logInteraction(interaction: AiInteraction): Promise<Answer<{
        readonly interactionId: string;
    }>>;
}

// admin.d.ts

import { type Answer, type ApiOptions, type Problem } from './api.js';
export type { Answer, ApiOptions, Problem };
export interface AdminOptions extends Omit<ApiOptions, 'userId'> {
    endpoint?: string;
    debug?: boolean;
}
export declare const CLEANUP_INTERVAL_MINUTES = 15;
export interface CleanupRun {
    readonly job: string;
    readonly startedAt: string;
    readonly finishedAt: string | null;
    readonly count: number;
    readonly error?: string | null;
}
export interface CleanupRuns {
    readonly runs: readonly CleanupRun[];
    readonly busy: readonly string[];
}
export interface CleanupJob {
    readonly job: string;
    readonly everySeconds: number;
    readonly isRunning: boolean;
    readonly nextRunAt: string | null;
    readonly lastRunAt: string | null;
    readonly lastSuccessAt: string | null;
    readonly count: number;
    readonly failures: number;
}
export interface CleanupStats {
    readonly isRunning: boolean;
    readonly jobs: readonly CleanupJob[];
    readonly runs: readonly CleanupRun[];
}
export interface SessionAnalytics {
    readonly totalSessions: number;
    readonly totalUsers: number;
    readonly averageDurationSeconds: number;
    readonly averageActiveSeconds: number;
    readonly peakHours: readonly number[];
    readonly hours: readonly number[];
    readonly endReasons: Readonly<Record<string, number>>;
    readonly sections: readonly {
        readonly section: string;
        readonly count: number;
    }[];
    readonly eventTypes: readonly {
        readonly eventType: string;
        readonly count: number;
    }[];
    readonly retention: readonly {
        readonly day: number;
        readonly users: number;
        readonly returned: number;
        readonly share: number | null;
    }[];
    readonly delivery: {
        readonly given: number;
        readonly received: number;
        readonly dropped: number;
        readonly missing: number;
        readonly completeness: number | null;
    };
}
export declare class SessionCleanupService {
    #private;
    constructor(options: AdminOptions);
    static getInstance(options?: AdminOptions): SessionCleanupService;
    get isRunning(): boolean;
    start(minutes?: number): void;
    stop(): void;
    runCleanup(): Promise<Answer<CleanupRuns>>;
    cleanupInactiveSessions(): Promise<Answer<CleanupRuns>>;
    getCleanupStats(): Promise<Answer<CleanupStats>>;
    getSessionAnalytics(daysBack?: number): Promise<Answer<SessionAnalytics>>;
}

// testing.d.ts

import { type Answer, type ApiOptions } from './api.js';
export type { Answer, ApiOptions };
export type TestOptions = Omit<ApiOptions, 'userId'>;
export interface UserSessionReport {
    readonly success: boolean;
    readonly sessionIds: readonly string[];
    readonly error?: string;
}
export interface SessionEventsReport {
    readonly success: boolean;
    readonly sessionId: string;
    readonly eventCount: number;
    readonly error?: string;
}
export declare const analyticsTestHelpers: {
    verifyUserSession(userId: string, options?: TestOptions): Promise<UserSessionReport>;
    verifySessionEvents(sessionId: string, options?: TestOptions & {
        userId?: string;
    }): Promise<SessionEventsReport>;
    testSessionAndEventCreation(userId: string, options?: TestOptions): Promise<SessionEventsReport>;
};

// supabase.d.ts

import type { Answer, Problem } from './api.js';
export type { Answer, Problem };
export interface RpcClient {
    rpc(name: string, values: Record<string, unknown>): PromiseLike<{
        data: unknown;
        error: {
            message: string;
            code?: string;
        } | null;
    }>;
}
export interface UserInteraction {
    eventType: string;
    eventData?: unknown;
}
export interface StoredInteraction {
    readonly eventId: string;
    readonly fate: string;
}
export interface StartedSession {
    readonly sessionId: string;
    readonly userId: string;
    readonly startedAt: string;
}
export declare const BATCH_INTERACTIONS = 500;
export declare class SupabaseSessions {
    #private;
    constructor(client: RpcClient);
    startUserSession({ section, deviceId, platform }?: {
        section?: string;
        deviceId?: string;
        platform?: string;
    }): Promise<Answer<StartedSession>>;
    updateSessionSection(sessionId: string, section: string): Promise<Answer<{
        readonly section: string;
    }>>;
    trackUserInteraction(sessionId: string, { eventType, eventData }: UserInteraction): Promise<Answer<StoredInteraction>>;
    batchTrackUserInteractions(sessionId: string, interactions: readonly UserInteraction[]): Promise<Answer<readonly StoredInteraction[]>>;
    endUserSession(sessionId: string, reason?: 'logout' | 'manual' | 'app_close'): Promise<Answer<{
        readonly endedAt: string;
        readonly reason: string;
    }>>;
}

// events.d.ts

export type AnyEvents = Record<string, unknown>;
export type EventArguments<Events extends object, Type extends keyof Events> = undefined extends Events[Type] ? [
    eventData?: Events[Type]
] : [
    eventData: Events[Type]
];
export type LogEvent<Events extends object = AnyEvents> = <Type extends keyof Events & string>(eventType: Type, ...data: EventArguments<Events, Type>) => string | undefined;

// load.d.ts

import { SessionTracker, type InitInput } from '../dist/wasm/session_tracker.js';
export type WasmSource = InitInput | Promise<InitInput>;
export type WasmChoice = 'auto' | 'never';
export declare let Compiled: typeof SessionTracker;
export declare function load(source?: WasmSource, wasm?: WasmChoice): Promise<void>;

// sections.d.ts

import type { SessionTracker } from './tracker.js';
export declare function pathToSection(path: string): string;
export declare function hashPath(): string;
export declare function followSections(tracker: Pick<SessionTracker, 'changeSectionDebounced'>, toSection?: (path: string) => string, here?: () => string): () => void;

// tracker.d.ts

import type { Diagnosis, EndReason, Ledger, Options, SessionState, SessionStats, TrackerEvents } from '../dist/wasm/session_tracker.js';
import type { Carriage, Carrier } from './carriage.js';
import type { AnyEvents, EventArguments } from './events.js';
export declare class SessionTracker<Events extends object = AnyEvents> {
    #private;
    private constructor();
    static create<Events extends object = AnyEvents>(options: Options): Promise<SessionTracker<Events>>;
    initializeSession(): Promise<string | undefined>;
    start(): Promise<string | undefined>;
    identify(userId: string): void;
    changeSection(section: string): void;
    changeSectionDebounced(section: string): void;
    logEvent<Type extends keyof Events & string>(eventType: Type, ...data: EventArguments<Events, Type>): string | undefined;
    flush(): Promise<void>;
    endSession(reason?: EndReason): Promise<void>;
    end(reason?: EndReason): Promise<void>;
    getStats(daysBack?: number): Promise<SessionStats | undefined>;
    getState(): SessionState;
    subscribe(listener: () => void): () => void;
    on<Name extends keyof TrackerEvents>(name: Name, listener: (detail: TrackerEvents[Name]) => void): () => void;
    optIn(): void;
    optOut(how?: {
        purge?: boolean;
    }): void;
    diagnose(): Diagnosis;
    get ledger(): Ledger;
    get sessionId(): string | undefined;
    carry(carrier?: Carrier): Carriage;
    destroy(): void;
}

// wasm/session_tracker.d.ts

export interface Options {
    endpoint: string;
    userId?: string;
    getToken?: () => string | undefined | Promise<string | undefined>;
    platform?: string;
    section?: string;
    pathToSection?: (path: string) => string;
    replace?: 'device' | 'user' | 'none';
    metadata?: Record<string, unknown>;
    heartbeatSeconds?: number;
    debounceMilliseconds?: number;
    flushSeconds?: number;
    inactivityMinutes?: number;
    namespace?: string;
    persistence?: 'local' | 'none';
    cookieDomain?: string;
    wasm?: 'auto' | 'never';
    consent?: 'granted' | 'pending';
    respectGpc?: boolean;
    respectDnt?: boolean;
    sampleRate?: number;
    beforeSend?: (event: LoggedEvent) => LoggedEvent | null | undefined | void;
    onSessionChange?: (sessionId: string | undefined, previousId: string | undefined, reason: 'started' | 'resumed' | EndReason) => void;
    logger?: {
        debug(message: string): void;
    };
    onError?: (error: {
        message: string;
    }) => void;
}
export interface LoggedEvent {
    eventType: string;
    eventData?: unknown;
}
export interface TrackerEvents {
    started: {
        readonly sessionId: string;
    };
    resumed: {
        readonly sessionId: string;
    };
    ended: {
        readonly sessionId: string;
        readonly reason: EndReason;
    };
    replaced: {
        readonly sessionId: string;
        readonly reason: EndReason;
    };
    expiring: {
        readonly sessionId: string;
        readonly message: string;
    };
    optedOut: Record<string, never>;
    error: Error;
}
export interface Diagnosis {
    readonly hasSession: boolean;
    readonly sessionId: string | undefined;
    readonly errors: readonly string[];
    readonly isBackendReachable: boolean;
    readonly isDestroyed: boolean;
}
export type Person = 'active' | 'idle' | 'hidden';
export type EndReason = 'logout' | 'manual' | 'app_close' | 'timeout' | 'replaced' | 'crash';
export interface CurrentSession {
    readonly sessionId: string;
    readonly startedAt: number;
    readonly section: string;
}
export type SessionState = {
    readonly status: 'idle';
} | ({
    readonly status: 'starting';
} & CurrentSession) | ({
    readonly status: 'live';
    readonly person: Person;
} & CurrentSession) | {
    readonly status: 'ended';
    readonly sessionId?: string;
    readonly reason: EndReason;
} | {
    readonly status: 'opted-out';
} | {
    readonly status: 'inert';
    readonly reason: string;
};
export type RefusalReason = 'inert' | 'opted_out' | 'sampled' | 'before_send' | 'invalid_type' | 'reserved_type' | 'unserialisable' | 'too_large' | 'lone_surrogate' | 'ended';
export interface Ledger {
    readonly accepted: number;
    readonly delivered: number;
    readonly queued: number;
    readonly inFlight: number;
    readonly dropped: Readonly<Partial<Record<'queue_full' | 'rejected' | 'too_large' | 'no_session' | 'opted_out', number>>>;
    readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
}
export interface SessionStats {
    readonly userId: string;
    readonly daysBack: number;
    readonly totalSessions: number;
    readonly totalSeconds: number;
    readonly averageSeconds: number;
    readonly sectionCounts: Readonly<Record<string, number>>;
    readonly lastSessionStart: string | null;
    readonly activeSessions: number;
}

// visit.d.ts

import { type EndReason, type Options, type SessionState, type SessionStats } from './index.js';
export declare class Visit {
    #private;
    constructor(options: Options, autoSections?: boolean);
    mount: () => (() => void);
    compareOptions: (options: Options) => void;
    subscribe: (listener: () => void) => (() => void);
    state: () => SessionState;
    isSettled: () => boolean;
    isSettledOnServer: () => boolean;
    stateOnServer: () => SessionState;
    logEvent: (eventType: string, eventData?: unknown) => string | undefined;
    changeSection: (section: string) => void;
    changeSectionDebounced: (section: string) => void;
    trackPath: (pathname: string) => void;
    getStats: (daysBack?: number) => Promise<SessionStats | undefined>;
    lastStats: (daysBack: number) => SessionStats | undefined;
    flush: () => Promise<void>;
    identify: (userId: string) => void;
    optIn: () => void;
    optOut: (how?: {
        purge?: boolean;
    }) => void;
    endSession: (reason?: EndReason) => Promise<void>;
}

// error-page.d.ts

import { type ReactNode } from 'react';
export interface SessionErrorPageProps {
    message?: string;
    homeHref?: string;
    redirectAfterSeconds?: number;
}
export declare function SessionErrorPage({ message, homeHref, redirectAfterSeconds }: SessionErrorPageProps): ReactNode;

// api.d.ts

export interface ApiOptions {
    endpoint?: string;
    getToken?: () => string | undefined | Promise<string | undefined>;
    userId?: string;
    logger?: {
        debug(message: string): void;
    };
    fetch?: typeof fetch;
}
export interface Problem {
    readonly type: string;
    readonly status: number;
    readonly detail: string;
}
export type Answer<Value> = {
    readonly ok: true;
    readonly value: Value;
} | {
    readonly ok: false;
    readonly problem: Problem;
};
type Json = Record<string, unknown>;
export declare const ATTEMPTS = 5;
export declare class Api {
    #private;
    constructor(options: ApiOptions, endpoint: string);
    get<Value>(path: string, query?: Json): Promise<Answer<Value>>;
    post<Value>(path: string, body: Json, patient?: boolean): Promise<Answer<Value>>;
    debug(message: string): void;
}
export {};

// room.d.ts

export type AccessMethod = 'invite' | 'direct';
export interface Room {
    readonly roomId: string;
    readonly ownerId: string;
    readonly isActive: boolean;
    readonly participantCount: number;
    readonly maxParticipants: number;
    readonly createdAt: string;
    readonly updatedAt: string;
    readonly expiresAt: string;
}
export interface SessionParticipant {
    readonly userId: string;
    readonly deviceId: string | null;
    readonly isActive: boolean;
    readonly isPresent: boolean;
    readonly joinedAt: string;
    readonly lastSeenAt: string;
    readonly accessMethod: AccessMethod;
}
export interface RoomExpiry {
    readonly expired: boolean;
    readonly expiresAt: string | null;
}
export type RoomEvent = {
    readonly type: 'session:expiring';
    readonly roomId: string;
    readonly minutes: number;
    readonly message: string;
} | {
    readonly type: 'session:expired';
    readonly roomId: string;
    readonly message: string;
};

// carriage.d.ts

import type { Options } from '../dist/wasm/session_tracker.js';
export type Carrier = (body: string) => {
    body: string;
    heard(answer: string): void;
} | undefined;
export interface Carriage {
    readonly options: Options;
    who(): string[];
}
