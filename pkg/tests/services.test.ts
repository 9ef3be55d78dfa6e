/* What an application asks beside its tracker: AI sessions, clean-up, checks of a backend. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SessionCleanupService } from '../src/admin';
import { AiSessions } from '../src/ai';
import { analyticsTestHelpers } from '../src/testing';
import { backend, problem } from './backend';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const exchange = { sessionId: 's', prompt: 'What is my card number?', response: '4242', modelUsed: 'm', tokensUsed: 7 };

test('an AI session has the id that was given, or a new one', async () => {
  const { fetch, asked } = backend({ body: { aiSessionId: 'mine' } }, {});
  const ai = new AiSessions({ fetch });
  expect(await ai.createSession({ sessionId: 'mine' })).toEqual({ ok: true, value: { sessionId: 'mine' } });
  await ai.createSession();
  expect(asked.map(({ path, body }) => [path, body?.aiSessionId])).toEqual([
    ['/api/ai/sessions', 'mine'],
    ['/api/ai/sessions', expect.stringMatching(UUID)],
  ]);
});

test('an interaction that was sent twice has one id', async () => {
  const { fetch, asked } = backend(new TypeError('Failed to fetch'), {});
  const logged = new AiSessions({ fetch }).logInteraction(exchange);
  await vi.runAllTimersAsync();
  expect(await logged).toMatchObject({ ok: true });
  const { sessionId: aiSessionId, ...said } = exchange;
  expect(asked[0]!.body).toEqual({ eventId: expect.stringMatching(UUID), aiSessionId, ...said });
  expect(asked[1]!.body).toEqual(asked[0]!.body);
});

test('what the redaction takes out never leaves', async () => {
  const { fetch, asked } = backend({});
  await new AiSessions({ fetch, redact: (own) => ({ ...own, response: '…' }) }).logInteraction(exchange);
  expect(asked[0]!.body).toMatchObject({ response: '…' });
});

test.each([
  ['withholds', () => null],
  ['fails', () => { throw new Error('theirs'); }],
  ['throws what has no text', () => { throw Object.create(null); }],
])('a redaction that %s sends nothing', async (_, redact) => {
  const { fetch, asked } = backend({});
  expect(await new AiSessions({ fetch, redact }).logInteraction(exchange)).toMatchObject({ ok: false, problem: { type: 'withheld' } });
  expect(asked).toEqual([]);
});

test('the clean-up service asks at once and every 15 minutes, until it is stopped', async () => {
  const debug = vi.fn();
  const { fetch, asked } = backend({ body: { runs: [] } });
  const service = new SessionCleanupService({ fetch, getToken: () => 'service', logger: { debug } });
  expect(service.isRunning).toBe(false);
  service.start();
  service.start(1);
  expect(service.isRunning).toBe(true);
  expect(debug.mock.calls).toEqual([['Cleanup service running: true']]);
  await vi.advanceTimersByTimeAsync(15 * 60_000);
  service.stop();
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect(asked).toEqual(Array(2).fill({ method: 'POST', path: '/api/admin/cleanup/run', body: {}, bearer: 'Bearer service' }));
  expect(vi.getTimerCount()).toBe(0);
});

test('the clean-up service is one for the program, and reads what the server did', async () => {
  const { fetch, asked } = backend({ body: { runs: [] } });
  const service = SessionCleanupService.getInstance({ fetch });
  expect(SessionCleanupService.getInstance()).toBe(service);
  expect(await service.getCleanupStats()).toEqual({ ok: true, value: { runs: [] } });
  await service.getSessionAnalytics(7);
  await service.cleanupInactiveSessions();
  expect(asked.map(({ path }) => path)).toEqual(['/api/admin/cleanup/stats', '/api/analytics/summary?daysBack=7', '/api/admin/cleanup/run']);
  expect(asked.at(-1)!.body).toEqual({ job: 'cleanup_inactive_sessions' });
});

test('a debug build finds the clean-up service on the window, and no other does', () => {
  const page: { sessionCleanupService?: unknown } = {};
  vi.stubGlobal('window', page);
  const service = SessionCleanupService.getInstance();
  expect(page).toEqual({});
  SessionCleanupService.getInstance({ debug: true });
  expect(page.sessionCleanupService).toBe(service);
  vi.unstubAllGlobals();
});

test.each([0, 1_441, Number.NaN])('%d minutes between clean-ups is an error', (minutes) => {
  expect(() => new SessionCleanupService({}).start(minutes)).toThrow('1 to 1440 minutes');
});

test('a backend that keeps a session and its events passes', async () => {
  const events = ['session_start', 'test_event', 'test_event', 'test_event'].map((eventType) => ({ eventType }));
  const { fetch, asked } = backend({ body: { sessionId: 's', token: 't' } }, {}, {}, {}, { body: { events } }, {});
  const report = await analyticsTestHelpers.testSessionAndEventCreation('ada', { fetch });
  expect(report).toEqual({ success: true, sessionId: 's', eventCount: 3 });
  expect(asked.map(({ path }) => path)).toEqual([
    '/api/sessions/start',
    ...Array<string>(3).fill('/api/sessions/log-event'),
    '/api/sessions/s/events?userId=ada',
    '/api/sessions/end',
  ]);
});

test('a backend that loses an event does not pass', async () => {
  const { fetch } = backend({ body: { sessionId: 's' } }, {}, {}, {}, { body: { events: [{ eventType: 'test_event' }] } }, {});
  expect(await analyticsTestHelpers.testSessionAndEventCreation('ada', { fetch })).toEqual({
    success: false,
    sessionId: 's',
    eventCount: 1,
    error: '3 events or more were expected, and 1 are stored.',
  });
});

test('a backend that refuses is quoted', async () => {
  const { fetch } = backend(problem(503, 'unavailable', 'Migrations are pending.'));
  const { success, error } = await analyticsTestHelpers.testSessionAndEventCreation('ada', { fetch });
  expect([success, error]).toEqual([false, 'Migrations are pending.']);
});

test('whether a user is there, and whether a session has events', async () => {
  const { fetch } = backend({ body: { sessions: [{ sessionId: 's' }] } }, { body: { sessions: [] } }, { body: { events: [{ eventType: 'session_start' }] } });
  expect(await analyticsTestHelpers.verifyUserSession('ada', { fetch })).toEqual({ success: true, sessionIds: ['s'] });
  expect(await analyticsTestHelpers.verifyUserSession('ada', { fetch })).toEqual({ success: false, sessionIds: [] });
  expect(await analyticsTestHelpers.verifySessionEvents('s', { fetch })).toMatchObject({ success: false, eventCount: 0 });
});
