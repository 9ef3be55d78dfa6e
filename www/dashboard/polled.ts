/*
 * Asking a route again and again while somebody looks: the last answer stays until the next one is there, so that nothing on the page jumps.
 */
import { createContext, useContext, useEffect, useState } from 'react';
import { ask, TokenRefused } from './api';

/** How a route stands. `value` is the last answer, which may be another range's while the first of this one is on its way. */
export type Polled<Value> =
  | { status: 'loading'; value?: Value }
  | { status: 'ready'; value: Value; at: number }
  | { status: 'failed'; value?: Value; trouble: string };

export interface Access {
  token: string;
  /** Says that the server does not take the token. */
  refuse: () => void;
}

export const AccessContext = createContext<Access | undefined>(undefined);

/** What `path` answers, asked every so many seconds while the page is visible. */
export function usePolled<Value>(path: string, everySeconds: number): Polled<Value> {
  const access = useContext(AccessContext);
  const [polled, setPolled] = useState<Polled<Value>>({ status: 'loading' });
  useEffect(() => {
    if (!access) return;
    const stopped = new AbortController();
    const { signal } = stopped;
    setPolled(({ value }) => ({ status: 'loading', ...(value && { value }) }));
    void (async () => {
      while (!signal.aborted) {
        await untilVisible(signal);
        try {
          const value = await ask<Value>(path, access.token, signal);
          setPolled({ status: 'ready', value, at: Date.now() });
        } catch (cause) {
          if (signal.aborted) return;
          if (cause instanceof TokenRefused) return access.refuse();
          const trouble = (cause as Error).message;
          setPolled(({ value }) => ({ status: 'failed', trouble, ...(value && { value }) }));
        }
        await pause(everySeconds * 1_000, signal);
      }
    })();
    return () => stopped.abort();
  }, [path, everySeconds, access]);
  return polled;
}

/* A page that nobody looks at asks for nothing. */
function untilVisible(signal: AbortSignal): Promise<void> {
  if (document.visibilityState === 'visible') return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener('visibilitychange', () => resolve(), { once: true, signal });
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
