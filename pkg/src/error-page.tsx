/*
 * What an application may show in place of a room that cannot be entered. It has no style of its own and depends on nothing.
 */
'use client';
import { useEffect, type ReactNode } from 'react';

/** What `<SessionErrorPage>` takes. */
export interface SessionErrorPageProps {
  /**
   * What happened, as `problem.detail` says it.
   * @defaultValue no more than that something went wrong
   * @example `'Session not found or inactive'`
   */
  message?: string;
  /**
   * Where home is.
   * @defaultValue `/`
   * @example `'/start'`
   */
  homeHref?: string;
  /**
   * Goes home by itself after so many seconds, 0 to 3600.
   * @defaultValue it waits for the person
   * @example `5`
   */
  redirectAfterSeconds?: number;
}

/** Says that something went wrong and offers the way home. */
export function SessionErrorPage({ message, homeHref = '/', redirectAfterSeconds }: SessionErrorPageProps): ReactNode {
  useEffect(() => {
    if (redirectAfterSeconds === undefined) return;
    const timer = setTimeout(() => location.assign(homeHref), redirectAfterSeconds * 1_000);
    return () => clearTimeout(timer);
  }, [homeHref, redirectAfterSeconds]);
  return (
    <section role="alert">
      <h1>Something Went Wrong</h1>
      {message && <p>{message}</p>}
      <a href={homeHref}>Go to the start page</a>
    </section>
  );
}
