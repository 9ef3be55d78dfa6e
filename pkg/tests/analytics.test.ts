// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest';

type Modules = typeof import('../src/analytics') & typeof import('./glue');
let modules: Modules;

beforeEach(async () => {
  vi.resetModules();
  modules = { ...(await import('./glue')), ...(await import('../src/analytics')) };
});

test('a user’s session starts, takes events and ends', async () => {
  const { analyticsService, glue } = modules;
  expect(analyticsService.trackEvent({ eventType: 'early' })).toBeUndefined();
  const id = await analyticsService.startUserSession('ada', { platform: 'shop' });
  expect(id).toBe('a-session');
  const [tracker] = glue.trackers;
  expect(tracker!.options).toMatchObject({ endpoint: '/api/sessions', userId: 'ada', platform: 'shop' });
  expect(analyticsService.trackEvent({ eventType: 'buy', eventData: { plan: 'M' } })).toMatch(/^event-/);
  await analyticsService.endUserSession('another');
  expect(tracker!.named('endSession')).toEqual([]);
  await analyticsService.endUserSession(id);
  expect(tracker!.named('endSession')).toEqual([['endSession', 'logout']]);
  expect(tracker!.named('destroy')).toHaveLength(1);
  expect(analyticsService.tracker).toBeUndefined();
});

test('another user’s session ends the one before', async () => {
  const { analyticsService, glue } = modules;
  await analyticsService.startUserSession('ada');
  await analyticsService.startUserSession('grace');
  expect(glue.trackers[0]!.named('endSession')).toEqual([['endSession', 'logout']]);
  expect(glue.trackers[1]!.options).toMatchObject({ userId: 'grace' });
});

test('wrong options reject, and leave the session that goes on', async () => {
  const { analyticsService, glue } = modules;
  await analyticsService.startUserSession('ada');
  await expect(analyticsService.startUserSession('grace', { endpoint: 7 as never })).rejects.toThrow('`endpoint`');
  expect(glue.trackers[0]!.named('destroy')).toEqual([]);
});

test('an event that is none is refused like any other, and throws nothing', async () => {
  const { analyticsService, glue } = modules;
  expect(analyticsService.trackEvent(undefined as never)).toBeUndefined();
  await analyticsService.startUserSession('ada');
  analyticsService.trackEvent(undefined as never);
  expect(glue.trackers[0]!.named('logEvent')).toEqual([['logEvent', '']]);
});
