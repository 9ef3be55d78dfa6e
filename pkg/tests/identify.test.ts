// @vitest-environment happy-dom
/* Who is there: a person signs in, a page is shown that was only prepared, and what is said of a session that nears its end. */
import { expect, test, vi } from 'vitest';
import { debug, glue, options, SessionTracker } from './fresh';

const calls = () => glue.trackers[0]!.calls;

test('identify ends the session as replaced and goes on in one that names the person', async () => {
  const onSessionChange = vi.fn();
  const tracker = await SessionTracker.create({ ...options, onSessionChange });
  await tracker.start();
  const heard: unknown[] = [];
  for (const name of ['ended', 'replaced', 'started'] as const) tracker.on(name, (detail) => heard.push([name, detail]));
  tracker.identify('ada');
  expect(calls()).toEqual([['initializeSession'], ['initializeSession', 'ada']]);
  const replaced = { sessionId: 'a-session', reason: 'replaced' };
  expect(heard).toEqual([['ended', replaced], ['replaced', replaced], ['started', { sessionId: 'ada-session' }]]);
  expect(onSessionChange.mock.calls).toEqual([
    ['a-session', undefined, 'started'],
    ['ada-session', 'a-session', 'replaced'],
  ]);
});

test('identify before the start waits for it, and names the person then', async () => {
  const tracker = await SessionTracker.create(options);
  tracker.identify('ada');
  expect(calls()).toEqual([]);
  await tracker.start();
  expect(calls()).toEqual([['initializeSession', 'ada']]);
});

test('after a logout identify begins nothing; the next start is the person’s', async () => {
  const tracker = await SessionTracker.create(options);
  await tracker.start();
  await tracker.end('logout');
  tracker.identify('grace');
  expect(glue.trackers[0]!.named('initializeSession')).toEqual([['initializeSession']]);
  void tracker.start();
  expect(glue.trackers[0]!.named('initializeSession').at(-1)).toEqual(['initializeSession', 'grace']);
});

test.each([[''], ['x'.repeat(129)], ['a\nb'], [7 as unknown as string]])('a name that is none (%j) changes nothing, and the logger says why', async (name) => {
  const tracker = await SessionTracker.create({ ...options, userId: 'ada' });
  await tracker.start();
  tracker.identify(name);
  expect(calls()).toEqual([['initializeSession', 'ada']]);
  expect(debug.mock.calls.flat().join()).toContain('option `userId` must be');
});

test('names of 1 and of 128 characters are names', async () => {
  const tracker = await SessionTracker.create(options);
  await tracker.start();
  for (const name of ['a', 'b'.repeat(128)]) tracker.identify(name);
  expect(tracker.sessionId).toBe(`${'b'.repeat(128)}-session`);
});

test('a prerendered page has no tracker before it is shown', async () => {
  Object.defineProperty(document, 'prerendering', { value: true, configurable: true });
  const created = SessionTracker.create(options);
  await vi.waitFor(() => expect(glue.sources).toHaveLength(1));
  expect(glue.trackers).toEqual([]);
  document.dispatchEvent(new Event('prerenderingchange'));
  await (await created).start();
  expect(calls()).toEqual([['initializeSession']]);
  Reflect.deleteProperty(document, 'prerendering');
});

test('a session that will soon be over is told of in a sentence for people', async () => {
  const tracker = await SessionTracker.create(options);
  await tracker.start();
  const heard = vi.fn();
  tracker.on('expiring', heard);
  glue.trackers[0]!.hear(6, 'Session will expire in 5 minutes');
  expect(heard).toHaveBeenCalledExactlyOnceWith({ sessionId: 'a-session', message: 'Session will expire in 5 minutes' });
});
