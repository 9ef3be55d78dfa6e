// @vitest-environment happy-dom
/* What a host hears of its sessions, and what it may do to an event before it counts. */
import { expect, test, vi } from 'vitest';
import type { LoggedEvent, Options, TrackerEvents } from '../src/index';
import { debug, glue, options, SessionTracker } from './fresh';

const live = (sessionId: string) => ({ status: 'live', sessionId, section: 'home', startedAt: 0, person: 'active' }) as const;

async function listening(more: Partial<Options> = {}) {
  const onSessionChange = vi.fn();
  const tracker = await SessionTracker.create({ ...options, ...more, onSessionChange });
  const heard: unknown[] = [];
  for (const name of ['started', 'resumed', 'ended', 'replaced', 'error'] satisfies (keyof TrackerEvents)[]) {
    tracker.on(name, (detail) => heard.push([name, detail instanceof Error ? detail.message : detail]));
  }
  return { tracker, heard, onSessionChange, compiled: glue.trackers[0]! };
}

test('a session that starts and one that is taken up are told apart', async () => {
  const { tracker, heard, onSessionChange, compiled } = await listening();
  await tracker.start();
  compiled.become(live('b'));
  compiled.hear(2, 'resumed');
  expect(heard).toEqual([['started', { sessionId: 'a-session' }], ['resumed', { sessionId: 'b' }]]);
  expect(onSessionChange.mock.calls).toEqual([['a-session', undefined, 'started'], ['b', 'a-session', 'resumed']]);
});

test('a session that ends is told with its reason, once', async () => {
  const { tracker, heard, onSessionChange, compiled } = await listening();
  await tracker.start();
  compiled.become({ status: 'ended', sessionId: 'a-session', reason: 'logout' });
  compiled.hear(5, 'logout');
  expect(heard.slice(1)).toEqual([['ended', { sessionId: 'a-session', reason: 'logout' }]]);
  expect(onSessionChange.mock.lastCall).toEqual([undefined, 'a-session', 'logout']);
  expect(debug).toHaveBeenCalledWith('session ended: logout');
});

test('a session that another one follows is told as ended, and the change once', async () => {
  const { tracker, heard, onSessionChange, compiled } = await listening();
  await tracker.start();
  compiled.become({ ...live('b'), status: 'starting' } as never);
  compiled.hear(5, 'replaced');
  compiled.become(live('b'));
  compiled.hear(2, 'started');
  const detail = { sessionId: 'a-session', reason: 'replaced' };
  expect(heard.slice(1)).toEqual([['ended', detail], ['replaced', detail], ['started', { sessionId: 'b' }]]);
  expect(onSessionChange.mock.calls.slice(1)).toEqual([['b', 'a-session', 'replaced']]);
});

test('errors are told to whoever listens, and remembered', async () => {
  const { heard, tracker, compiled } = await listening();
  for (let number = 0; number < 12; number += 1) compiled.hear(1, `error ${number}`);
  expect(heard).toHaveLength(12);
  expect(heard[0]).toEqual(['error', 'error 0']);
  const { errors } = tracker.diagnose();
  expect([errors.length, errors[0], errors.at(-1)]).toEqual([10, 'error 2', 'error 11']);
});

test('a listener that throws, or goes, keeps nobody else from hearing', async () => {
  const { tracker } = await listening();
  const heard = vi.fn();
  tracker.on('started', () => {
    throw new Error('mine');
  });
  tracker.on('started', heard)();
  tracker.on('started', heard);
  await tracker.start();
  expect(heard).toHaveBeenCalledOnce();
});

test('diagnose answers the five questions', async () => {
  const { tracker, compiled } = await listening();
  expect(tracker.diagnose()).toEqual({ hasSession: false, sessionId: undefined, errors: [], isBackendReachable: true, isDestroyed: false });
  await tracker.start();
  compiled.down = true;
  expect(tracker.diagnose()).toMatchObject({ hasSession: true, sessionId: 'a-session', isBackendReachable: false });
  tracker.destroy();
  expect(tracker.diagnose().isDestroyed).toBe(true);
});

test('beforeSend may change an event, and gets a copy to do so', async () => {
  const data = { email: 'a@b.example', plan: 'M' };
  const beforeSend = ({ eventType, eventData }: LoggedEvent) => {
    (eventData as Partial<typeof data>).email = undefined;
    return { eventType: `app_${eventType}`, eventData };
  };
  const { tracker, compiled } = await listening({ beforeSend });
  expect(tracker.logEvent('click', data)).toBe('event-1');
  expect(compiled.calls).toEqual([['logEvent', 'app_click', { plan: 'M' }]]);
  expect(data.email).toBe('a@b.example');
});

test('beforeSend may drop an event, also by failing; it is counted and has no id', async () => {
  const beforeSend = vi.fn<NonNullable<Options['beforeSend']>>();
  const { tracker, compiled } = await listening({ beforeSend });
  for (const nothing of [null, undefined]) {
    beforeSend.mockReturnValueOnce(nothing);
    expect(tracker.logEvent('click', { n: 1 })).toBeUndefined();
  }
  beforeSend.mockImplementationOnce(() => {
    throw new Error('mine');
  });
  expect(tracker.logEvent('click')).toBeUndefined();
  expect(tracker.ledger.refused).toEqual({ ended: 1, before_send: 3 });
  expect(debug).toHaveBeenCalledWith('event refused: beforeSend failed. Error: mine');
  expect(compiled.calls).toEqual([]);
  beforeSend.mockImplementationOnce((event) => event);
  expect(tracker.logEvent('click')).toBe('event-1');
});
