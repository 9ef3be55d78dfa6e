// @vitest-environment happy-dom
import { act, cleanup, render, screen } from '@testing-library/react';
import { StrictMode, useEffect, version } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Options } from '../src/index';
import {
  InteractionTrackerContext,
  InteractionTrackerProvider,
  SessionContext,
  SessionErrorPage,
  SessionProvider,
  useLogEvent,
  useSession,
  useSessionState,
  useSessionStats,
  useTrackSection,
  type Session,
} from '../src/react';
import { glue, resetGlue } from './glue';

const options: Options = { endpoint: '/api/sessions' };

beforeEach(resetGlue);
// A provider that takes another's place within the task goes on in its session, and so would the next test.
afterEach(async () => {
  cleanup();
  await nextTask();
});

let session: Session;
function Probe() {
  session = useSession();
  return <output>{session.state.status}</output>;
}

const tracker = () => glue.trackers[0]!;
const opened = () => act(() => vi.waitFor(() => expect(tracker()?.named('initializeSession')).toHaveLength(1)));
/* What is rendered is seen after a turn, not within it. */
const eventually = (expectation: () => void) => vi.waitFor(async () => {
  await act(async () => {});
  expectation();
});
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

test('a person is named, agrees and refuses by the hook, also before the tracker is there', async () => {
  render(<SessionProvider options={{ ...options, consent: 'pending' }}><Probe /></SessionProvider>);
  session.identify('ada');
  session.optIn();
  await opened();
  expect(tracker().named('initializeSession')).toEqual([['initializeSession', 'ada']]);
  act(() => session.optOut({ purge: true }));
  expect(screen.getByRole('status').textContent).toBe('opted-out');
  localStorage.clear();
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
  render(<SessionProvider options={{} as never}><Probe /></SessionProvider>);
  const stats = session.getStats();
  await act(() => vi.waitFor(() => expect(debug).toHaveBeenCalledOnce()));
  expect(await stats).toBeUndefined();
  expect(session.logEvent('a')).toBeUndefined();
  await session.flush();
  expect(screen.getByRole('status').textContent).toBe('idle');
  debug.mockRestore();
});

test('the hook says what to do where there is no provider', () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {});
  expect(() => render(<Probe />)).toThrow('put a <SessionProvider');
  error.mockRestore();
});

test.each([
  ['useLogEvent', () => useLogEvent()],
  ['useSessionState', () => useSessionState((state) => state.status)],
  ['useSessionStats', () => useSessionStats()],
  ['useTrackSection', () => useTrackSection('/')],
] as const)('%s says so too', (name, useHook) => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {});
  function Lonely() {
    useHook();
    return null;
  }
  expect(() => render(<Lonely />)).toThrow(`${name}() found no session: put a <SessionProvider`);
  error.mockRestore();
});

test('the provider and the context have a second name each', () => {
  expect(InteractionTrackerProvider).toBe(SessionProvider);
  expect(InteractionTrackerContext).toBe(SessionContext);
});

test('this is the React that was meant to be tested', () => {
  expect(version.split('.')[0]).toBe(process.env.REACT_MAJOR ?? '19');
});

test('two providers share one session, which ends with the last of them', async () => {
  const first = render(<SessionProvider options={options}><Probe /></SessionProvider>);
  const second = render(<SessionProvider options={options}><Probe /></SessionProvider>);
  await opened();
  expect(glue.trackers).toHaveLength(1);
  expect(tracker().named('initializeSession')).toHaveLength(1);
  first.unmount();
  await nextTask();
  expect(session.logEvent('still here')).toMatch(/^event-/);
  expect(tracker().named('destroy')).toEqual([]);
  second.unmount();
  await nextTask();
  await vi.waitFor(() => expect(tracker().named('destroy')).toHaveLength(1));
});

test('a provider that takes another’s place within the task goes on in its session', async () => {
  const first = render(<SessionProvider options={options}><Probe /></SessionProvider>);
  await opened();
  first.unmount();
  render(<SessionProvider options={{ ...options }}><Probe /></SessionProvider>);
  await nextTask();
  await eventually(() => expect(session.state.status).toBe('live'));
  expect(glue.trackers).toHaveLength(1);
  expect(tracker().named('destroy')).toEqual([]);
});

test('another key starts anew with the other options', async () => {
  const provider = (userId: string) => <SessionProvider key={userId} options={{ ...options, userId }}><Probe /></SessionProvider>;
  const { rerender } = render(provider('ada'));
  await opened();
  rerender(provider('grace'));
  await act(() => vi.waitFor(() => expect(glue.trackers).toHaveLength(2)));
  await act(() => vi.waitFor(() => expect(glue.trackers[1]!.named('initializeSession')).toHaveLength(1)));
  expect(glue.trackers.map(({ options: { userId } }) => userId)).toEqual(['ada', 'grace']);
  await vi.waitFor(() => expect(tracker().named('destroy')).toHaveLength(1));
});

test('two providers with namespaces of their own have a session each', async () => {
  render(<SessionProvider options={options}><SessionProvider options={{ ...options, namespace: 'other' }}><Probe /></SessionProvider></SessionProvider>);
  await act(() => vi.waitFor(() => expect(glue.trackers).toHaveLength(2)));
});

test('two providers that disagree are told so in one sentence', async () => {
  const debug = vi.fn();
  render(<SessionProvider options={options}><Probe /></SessionProvider>);
  render(<SessionProvider options={{ ...options, userId: 'ada', logger: { debug } }}><Probe /></SessionProvider>);
  await opened();
  expect(debug.mock.calls).toEqual([[expect.stringMatching(/^\[SessionTracking\] There are two <SessionProvider>s with different options/)]]);
  expect(glue.trackers).toHaveLength(1);
});

test('options that differ in a later render are told of once; new functions and objects are not', async () => {
  const debug = vi.fn();
  const provider = (userId: string) => <SessionProvider options={{ ...options, userId, logger: { debug }, onError: () => {} }}><Probe /></SessionProvider>;
  const { rerender } = render(provider('ada'));
  rerender(provider('ada'));
  expect(debug).not.toHaveBeenCalled();
  rerender(provider('grace'));
  rerender(provider('linus'));
  expect(debug.mock.calls).toEqual([[expect.stringContaining('give it another key')]]);
});

test('a component that watches a part renders again only when that part changes, one that only logs never', async () => {
  const renders = { whole: 0, part: 0, none: 0 };
  function Whole() {
    renders.whole += 1;
    useSession();
    return null;
  }
  function Part() {
    renders.part += 1;
    return <p>{useSessionState((state) => state.status)}</p>;
  }
  function None() {
    renders.none += 1;
    useLogEvent();
    return null;
  }
  render(<SessionProvider options={options}><Whole /><Part /><None /></SessionProvider>);
  await opened();
  const before = { ...renders };
  const live = { status: 'live', sessionId: 's', startedAt: 0, section: 'a', person: 'idle' } as const;
  act(() => tracker().become(live));
  act(() => tracker().become({ ...live, section: 'b' }));
  expect(renders).toEqual({ whole: before.whole + 2, part: before.part, none: 1 });
});

test('the statistics are asked for, shown, and asked again for other days', async () => {
  let stats: ReturnType<typeof useSessionStats> | undefined;
  function Stats({ daysBack }: { daysBack: number }) {
    stats = useSessionStats(daysBack);
    return null;
  }
  const page = (daysBack: number) => <SessionProvider options={options}><Stats daysBack={daysBack} /></SessionProvider>;
  const { rerender } = render(page(7));
  expect(stats).toEqual({ status: 'loading' });
  await eventually(() => expect(stats).toEqual({ status: 'ready', stats: { totalSessions: 3 } }));
  rerender(page(30));
  expect(stats).toEqual({ status: 'loading' });
  await eventually(() => expect(stats?.status).toBe('ready'));
  rerender(page(7));
  expect(stats).toEqual({ status: 'loading', stats: { totalSessions: 3 } });
  expect(tracker().named('getStats').map(([, days]) => days)).toEqual([7, 30, 7]);
});

test('the statistics are asked for when the session has begun, and not before', async () => {
  let stats: ReturnType<typeof useSessionStats> | undefined;
  function Stats() {
    stats = useSessionStats();
    return null;
  }
  render(<SessionProvider options={{ ...options, consent: 'pending' }}><Stats /></SessionProvider>);
  await act(() => vi.waitFor(() => expect(tracker()).toBeDefined()));
  await nextTask();
  expect(stats).toEqual({ status: 'loading' });
  expect(tracker().named('getStats')).toEqual([]);
  act(() => tracker().become({ status: 'starting', sessionId: 's', startedAt: 0, section: 'a' }));
  await nextTask();
  expect(tracker().named('getStats')).toEqual([]);
  act(() => tracker().become({ status: 'live', sessionId: 's', startedAt: 0, section: 'a', person: 'active' }));
  await eventually(() => expect(stats?.status).toBe('ready'));
  expect(tracker().named('getStats')).toEqual([['getStats', 30]]);
});

test('statistics that are not to be had are told apart from those that are awaited', async () => {
  const debug = vi.spyOn(console, 'debug').mockImplementation(() => {});
  function Stats() {
    return <output>{useSessionStats().status}</output>;
  }
  render(<SessionProvider options={{} as never}><Stats /></SessionProvider>);
  await eventually(() => expect(screen.getByRole('status').textContent).toBe('unavailable'));
  debug.mockRestore();
});

test('a router’s path is the section, under the application’s own rule', async () => {
  function Route({ path }: { path: string | null }) {
    useTrackSection(path);
    return null;
  }
  const page = (path: string | null) => <SessionProvider options={{ ...options, pathToSection: (own) => own.slice(1).toUpperCase() }}><Route path={path} /></SessionProvider>;
  const { rerender } = render(page(null));
  await opened();
  rerender(page('/pricing'));
  rerender(page('/docs'));
  expect(tracker().named('changeSection')).toEqual([['changeSection', 'PRICING', false], ['changeSection', 'DOCS', false]]);
});

test('the error page says what happened and leads home', () => {
  render(<SessionErrorPage message="Session not found or inactive" homeHref="/start" />);
  expect(screen.getByRole('alert').textContent).toContain('Something Went Wrong');
  expect(screen.getByRole('alert').textContent).toContain('Session not found or inactive');
  expect(screen.getByRole('link').getAttribute('href')).toBe('/start');
});
