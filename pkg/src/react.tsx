/*
 * React: a provider that keeps one session while it is mounted, and a hook to use it. Everything that is not React is in visit.ts.
 */
'use client';
import { createContext, useContext, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import type { EndReason, Options, SessionState, SessionStats } from './index.js';
import { Visit } from './visit.js';

export interface SessionProviderProps {
  /** As for `SessionTracker.create()`. Read once, when the provider mounts: give the provider another `key` to start anew with others. */
  options: Options;
  /** Reports navigations inside the document as changes of section. Off by default. */
  autoSections?: boolean;
  children?: ReactNode;
}

/** What `useSession()` gives. The functions are the same ones in every render. */
export interface Session {
  /** Where the session stands; on the server, and before the tracker is there, `{ status: 'idle' }`. */
  state: SessionState;
  /** Gives the event's id, or `undefined` if it was refused or waits for the tracker to be there. */
  logEvent: (eventType: string, eventData?: unknown) => string | undefined;
  /** The person's own figures of the last `daysBack` days (1 to 365, 30 by default). */
  getStats: (daysBack?: number) => Promise<SessionStats | undefined>;
  changeSection: (section: string) => void;
  changeSectionDebounced: (section: string) => void;
  flush: () => Promise<void>;
  endSession: (reason?: EndReason) => Promise<void>;
}

/** What the provider hands down; `useSession()` is how to read it. */
export const SessionContext = createContext<Visit | undefined>(undefined);

/** Starts a session when it mounts and ends it when it unmounts; StrictMode's second mount is the same session. */
export function SessionProvider({ options, autoSections, children }: SessionProviderProps): ReactNode {
  const [visit] = useState(() => new Visit(options, autoSections));
  useEffect(visit.mount, [visit]);
  return <SessionContext.Provider value={visit}>{children}</SessionContext.Provider>;
}

/**
 * The session of the provider above.
 *
 * @throws an `Error` if there is no `<SessionProvider>` above the component
 */
export function useSession(): Session {
  const visit = useContext(SessionContext);
  if (!visit) throw new Error('useSession() found no session: put a <SessionProvider options={…}> above this component.');
  const state = useSyncExternalStore(visit.subscribe, visit.state, visit.stateOnServer);
  return useMemo(() => {
    const { logEvent, getStats, changeSection, changeSectionDebounced, flush, endSession } = visit;
    return { state, logEvent, getStats, changeSection, changeSectionDebounced, flush, endSession };
  }, [visit, state]);
}

export { SessionProvider as InteractionTrackerProvider, SessionContext as InteractionTrackerContext };
