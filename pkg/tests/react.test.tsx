// @vitest-environment happy-dom
import { act, cleanup, render, screen } from '@testing-library/react';
import { StrictMode, useEffect } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Options } from '../src/index';
import { InteractionTrackerProvider, SessionProvider, useSession, type Session } from '../src/react';
import { glue, resetGlue } from './glue';

const options: Options = { endpoint: '/api/sessions' };

beforeEach(resetGlue);
afterEach(cleanup);

let session: Session;
function Probe() {
  session = useSession();
  return <output>{session.state.status}</output>;
}

const tracker = () => glue.trackers[0]!;
const opened = () => act(() => vi.waitFor(() => expect(tracker()?.named('initializeSession')).toHaveLength(1)));
/* Effects clean up in one task; the visit closes in the next one. */
const nextTask = () => act(() => new Promise<void>((resolve) => void setTimeout(resolve)));

test('StrictMode mounts twice and makes one session', async () => {
  render(<StrictMode><SessionProvider options={options}><Probe /></SessionProvider></StrictMode>);
  await opened();
  await nextTask();
  expect(glue.trackers).toHaveLength(1);
  expect(tracker().named('initializeSession')).toHaveLength(1);
  expect(tracker().named('endSession')).toEqual([]);
  expect(tracker().named('destroy')).toEqual([]);
});

test('unmounting says goodbye as a closing page does, in the next task', async () => {
  const { unmount } = render(<SessionProvider options={options}><Probe /></SessionProvider>);
  await opened();
  unmount();
  expect(tracker().named('destroy')).toEqual([]);
  await nextTask();
  await vi.waitFor(() => expect(tracker().named('destroy')).toHaveLength(1));
  expect(tracker().named('endSession')).toEqual([]);
});

test('unmounting before the tracker is there starts nothing', async () => {
  // The module loads once for a page; this test needs a page where it has not.
  vi.resetModules();
  const { glue } = await import('./glue');
  const { SessionProvider } = await import('../src/react');
  let finishLoading = () => {};
  glue.beforeLoaded = new Promise((resolve) => (finishLoading = resolve));
  const { unmount } = render(<SessionProvider options={options}>A page</SessionProvider>);
  unmount();
  await nextTask();
  finishLoading();
  await vi.waitFor(() => expect(glue.trackers[0]?.calls).toEqual([['destroy']]));
});

test('an event of a child’s first effect waits for the tracker', async () => {
  function Child() {
    const { logEvent } = useSession();
    useEffect(() => void logEvent('view', { item: 7 }), [logEvent]);
    return null;
  }
  render(<SessionProvider options={options}><Child /></SessionProvider>);
  await opened();
  expect(tracker().named('logEvent')).toEqual([['logEvent', 'view', { item: 7 }]]);
});

test('the state is rendered as it changes, and the functions stay the same ones', async () => {
  render(<SessionProvider options={options}><Probe /></SessionProvider>);
  expect(screen.getByRole('status').textContent).toBe('idle');
  await opened();
  const before = session;
  act(() => tracker().become({ status: 'opted-out' }));
  expect(screen.getByRole('status').textContent).toBe('opted-out');
  expect(session.logEvent).toBe(before.logEvent);
  expect(session.getStats).toBe(before.getStats);
});

test('what the hook gives reaches the tracker', async () => {
  render(<SessionProvider options={options}><Probe /></SessionProvider>);
  const stats = session.getStats(7);
  await opened();
  expect(await stats).toEqual({ totalSessions: 3 });
  session.changeSection('pricing');
  session.changeSectionDebounced('docs');
  expect(session.logEvent('a')).toMatch(/^event-/);
  await session.endSession('logout');
  expect(tracker().calls).toEqual(
    expect.arrayContaining([['getStats', 7], ['changeSection', 'pricing', true], ['changeSection', 'docs', false], ['endSession', 'logout']]),
  );
});

test('autoSections follows the address while mounted', async () => {
  const { unmount } = render(<SessionProvider options={options} autoSections><Probe /></SessionProvider>);
  await opened();
  history.pushState(null, '', '/pricing');
  unmount();
  await nextTask();
  history.pushState(null, '', '/docs');
  expect(tracker().named('changeSection')).toEqual([['changeSection', 'pricing', false]]);
});

test('wrong options leave the application running and are one debug line', async () => {
  const debug = vi.spyOn(console, 'debug').mockImplementation(() => {});
  glue.failToCreate = new TypeError('option `endpoint` must be …');
  render(<SessionProvider options={{} as never}><Probe /></SessionProvider>);
  const stats = session.getStats();
  await act(() => vi.waitFor(() => expect(debug).toHaveBeenCalledOnce()));
  expect(await stats).toBeUndefined();
  expect(session.logEvent('a')).toBeUndefined();
  expect(screen.getByRole('status').textContent).toBe('idle');
  debug.mockRestore();
});

test('the hook says what to do where there is no provider', () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {});
  expect(() => render(<Probe />)).toThrow('put a <SessionProvider');
  error.mockRestore();
});

test('the provider’s other name is the same provider', () => {
  expect(InteractionTrackerProvider).toBe(SessionProvider);
});
