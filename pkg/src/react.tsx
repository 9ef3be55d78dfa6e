/*
 * React 18 and 19: a provider that keeps one session while it is mounted, and hooks to use it. Everything that is not React is in visit.ts.
 */
'use client';
import { createContext, useContext, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import type { AnyEvents, EndReason, LogEvent, Options, SessionState, SessionStats } from './index.js';
import { Visit } from './visit.js';

export { SessionErrorPage, type SessionErrorPageProps } from './error-page.js';

/** What `<SessionProvider>` takes. */
export interface SessionProviderProps {
  /**
   * As for `SessionTracker.create()`. Read once, when the provider mounts: give the provider another `key` to start anew with others.
   * @example `{ endpoint: '/api/sessions' }`
   */
  options: Options;
  /**
   * Reports navigations inside the document as changes of section.
   * @defaultValue false
   * @example `true`
   */
  autoSections?: boolean;
  /**
   * The application, or the part of it that has the session.
   * @defaultValue nothing
   * @example `<App />`
   */
  children?: ReactNode;
}

/** What `useSession()` gives. The functions are the same ones in every render. */
export interface Session<Events extends object = AnyEvents> {
  /** Where the session stands; on the server, and before the tracker is there, `{ status: 'idle' }`. */
  state: SessionState;
  /** Gives the event's id, or `undefined` if it was refused or waits for the tracker to be there. */
  logEvent: LogEvent<Events>;
  /** The person's own figures of the last `daysBack` days (1 to 365, 30 by default). */
  getStats: (daysBack?: number) => Promise<SessionStats | undefined>;
  /** Says where the person is; it counts at once. 1 to 200 characters. */
  changeSection: (section: string) => void;
  /** The same, but it counts once it has held for the debounce time (1 s by default). */
  changeSectionDebounced: (section: string) => void;
  /** Sends what waits. Resolves when it is acknowledged, or when the backend could not be reached. */
  flush: () => Promise<void>;
  /** Says who the person is. Another one's session ends as `replaced`, and one of their own begins. */
  identify: (userId: string) => void;
  /** The person agrees to be tracked: what `consent: 'pending'` held back goes on. */
  optIn: () => void;
  /** The person does not want to be tracked, here, in other tabs and on later pages. `purge` forgets what waits instead of sending it. */
  optOut: (how?: { purge?: boolean }) => void;
  /** Ends the session for good, `manual` unless another reason is given; the provider may stay mounted. */
  endSession: (reason?: EndReason) => Promise<void>;
}

/**
 * What `useSessionStats()` gives. Tell the cases apart by `status`.
 * @example `if (known.status === 'ready') show(String(known.stats.totalSessions))`
 */
export type SessionStatsState =
  /** The session begins, or the backend was asked and has not answered; `stats` are those of an earlier answer. */
  | { readonly status: 'loading'; readonly stats?: SessionStats }
  /** The backend's answer. */
  | { readonly status: 'ready'; readonly stats: SessionStats }
  /** The backend would not say or could not be reached. */
  | { readonly status: 'unavailable'; readonly stats?: undefined };

/** What the provider hands down; the hooks are how to read it. */
export const SessionContext = createContext<Visit | undefined>(undefined);

/**
 * Starts a session when it mounts; StrictMode's second mount is the same session. When it unmounts and no other provider takes its place by the
 * next task, the session ends as with a page that closes. Several providers in a page share one session.
 */
export function SessionProvider({ options, autoSections, children }: SessionProviderProps): ReactNode {
  const [visit] = useState(() => new Visit(options, autoSections));
  useEffect(visit.mount, [visit]);
  useEffect(() => visit.compareOptions(options), [visit, options]);
  return <SessionContext.Provider value={visit}>{children}</SessionContext.Provider>;
}

/**
 * The session of the provider above. The component renders again whenever the state changes; `useLogEvent()` and `useSessionState()` watch less.
 *
 * @typeParam Events the application's own events, for `logEvent` to be checked; any by default
 * @throws an `Error` if there is no `<SessionProvider>` above the component
 */
export function useSession<Events extends object = AnyEvents>(): Session<Events> {
  const visit = useVisit('useSession');
  const state = useSyncExternalStore(visit.subscribe, visit.state, visit.stateOnServer);
  return useMemo(() => {
    const { getStats, changeSection, changeSectionDebounced, flush, identify, optIn, optOut, endSession } = visit;
    return { state, logEvent: visit.logEvent as LogEvent<Events>, getStats, changeSection, changeSectionDebounced, flush, identify, optIn, optOut, endSession };
  }, [visit, state]);
}

/**
 * What a selector picks from the state: `useSessionState((state) => state.status)`. The component renders again only when the selector gives
 * another value, by `Object.is`; so let it give a text, a number, or a member of the state, not a new object.
 *
 * @throws an `Error` if there is no `<SessionProvider>` above the component
 */
export function useSessionState<Selected>(selector: (state: SessionState) => Selected): Selected {
  const visit = useVisit('useSessionState');
  return useSyncExternalStore(
    visit.subscribe,
    () => selector(visit.state()),
    () => selector(visit.stateOnServer()),
  );
}

/**
 * The provider's `logEvent`, the same function in every render. The component never renders again for it.
 *
 * @typeParam Events the application's own events, for the calls to be checked; any by default
 * @throws an `Error` if there is no `<SessionProvider>` above the component
 */
export function useLogEvent<Events extends object = AnyEvents>(): LogEvent<Events> {
  return useVisit('useLogEvent').logEvent as LogEvent<Events>;
}

/**
 * The person's own figures of the last `daysBack` days (1 to 365, 30 by default), asked when the component mounts and when `daysBack` changes,
 * but not before the backend has the session: until then nobody has agreed to be asked about, or is known.
 *
 * @throws an `Error` if there is no `<SessionProvider>` above the component
 */
export function useSessionStats(daysBack = 30): SessionStatsState {
  const visit = useVisit('useSessionStats');
  const isDue = useSyncExternalStore(visit.subscribe, visit.isSettled, visit.isSettledOnServer);
  const [known, setKnown] = useState<{ daysBack: number; state: SessionStatsState }>();
  useEffect(() => {
    if (!isDue) return;
    let isWanted = true;
    void visit.getStats(daysBack).then((stats) => {
      if (isWanted) setKnown({ daysBack, state: stats ? { status: 'ready', stats } : { status: 'unavailable' } });
    });
    return () => void (isWanted = false);
  }, [visit, daysBack, isDue]);
  const stats = visit.lastStats(daysBack);
  return useMemo(() => (known?.daysBack === daysBack ? known.state : { status: 'loading', ...(stats && { stats }) }), [known, daysBack, stats]);
}

/**
 * Reports a router's path as the section, under the rule of the option `pathToSection`: `useTrackSection(usePathname())` with Next.js. A path
 * that is null or undefined says nothing. Not together with the provider's `autoSections`.
 *
 * @throws an `Error` if there is no `<SessionProvider>` above the component
 */
export function useTrackSection(pathname: string | null | undefined): void {
  const visit = useVisit('useTrackSection');
  useEffect(() => {
    if (pathname != null) visit.trackPath(pathname);
  }, [visit, pathname]);
}

function useVisit(hook: string): Visit {
  const visit = useContext(SessionContext);
  if (!visit) throw new Error(`${hook}() found no session: put a <SessionProvider options={…}> above this component.`);
  return visit;
}

export { SessionProvider as InteractionTrackerProvider, SessionContext as InteractionTrackerContext };
