// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest';
import type { Options } from '../src/index';

type Glue = typeof import('./glue');
let glue: Glue['glue'];
let SessionTracker: typeof import('../src/index').SessionTracker;

const debug = vi.fn();
const options: Options = { endpoint: '/api/sessions', logger: { debug } };

beforeEach(async () => {
  vi.resetModules();
  debug.mockReset();
  ({ glue } = (await import('./glue')) as Glue);
  ({ SessionTracker } = await import('../src/index'));
});

test('creating makes a tracker and starts nothing', async () => {
  await SessionTracker.create(options);
  expect(glue.trackers).toHaveLength(1);
  expect(glue.trackers[0]!.calls).toEqual([]);
});

test('the class has no other constructor', () => {
  // @ts-expect-error: TypeScript forbids it, JavaScript asks.
  expect(() => new SessionTracker(options)).toThrow('SessionTracker.create(options)');
});

test('an option that cannot be used rejects the creation with the error that names it', async () => {
  glue.failToCreate = new TypeError('option `endpoint` must be …; it was 5');
  await expect(SessionTracker.create({ endpoint: 5 } as never)).rejects.toThrow(glue.failToCreate);
});

test('both names of start give the same promise, repeated or not; so do both names of end', async () => {
  const tracker = await SessionTracker.create(options);
  expect(tracker.start()).toBe(tracker.initializeSession());
  expect(tracker.end()).toBe(tracker.endSession('logout'));
  expect(await tracker.start()).toBe('a-session');
});

test('an event goes in with its data and comes back as its id', async () => {
  const tracker = await SessionTracker.create(options);
  const id = tracker.logEvent('button_click', { name: 'buy' });
  expect(id).toBe('event-1');
  expect(glue.trackers[0]!.calls).toEqual([['logEvent', 'button_click', { name: 'buy' }]]);
});

test('after a trap every method answers as an inert tracker', async () => {
  const tracker = await SessionTracker.create(options);
  glue.traps = true;
  expect(tracker.logEvent('button_click')).toBeUndefined();
  expect(tracker.getState()).toEqual({ status: 'inert', reason: 'trap' });
  expect(tracker.getState()).toBe(tracker.getState());
  expect(tracker.sessionId).toBeUndefined();
  expect(tracker.ledger).toMatchObject({ accepted: 0, refused: { inert: 1 } });
  expect(await tracker.start()).toBeUndefined();
  expect(await tracker.getStats()).toBeUndefined();
  await tracker.flush();
  await tracker.endSession();
  tracker.subscribe(() => {})();
  tracker.changeSection('home');
  tracker.changeSectionDebounced('home');
  tracker.destroy();
});

test('a trap is reported once, to onError where there is one', async () => {
  const onError = vi.fn();
  const tracker = await SessionTracker.create({ ...options, onError });
  glue.traps = true;
  tracker.logEvent('a');
  tracker.logEvent('b');
  expect(onError).toHaveBeenCalledOnce();
  expect(debug).not.toHaveBeenCalled();
});

test('a trap is reported once at debug level where there is no onError', async () => {
  const tracker = await SessionTracker.create(options);
  glue.traps = true;
  tracker.logEvent('a');
  tracker.logEvent('b');
  expect(debug.mock.calls).toEqual([[expect.stringContaining('does nothing until the page is loaded again')]]);
});

test('an onError that throws does not reach the page', async () => {
  const onError = () => {
    throw new Error('mine');
  };
  const tracker = await SessionTracker.create({ ...options, onError });
  glue.traps = true;
  expect(tracker.logEvent('a')).toBeUndefined();
});

test('a promise that the module can no longer settle is settled by the trap', async () => {
  const tracker = await SessionTracker.create(options);
  const flushed = tracker.flush();
  glue.traps = true;
  tracker.logEvent('a');
  await flushed;
});

test('those who listen hear that the tracker has become inert', async () => {
  const tracker = await SessionTracker.create(options);
  const heard = vi.fn();
  tracker.subscribe(() => heard(tracker.getState().status));
  glue.trackers[0]!.become({ status: 'opted-out' });
  glue.traps = true;
  tracker.logEvent('a');
  expect(heard.mock.calls).toEqual([['opted-out'], ['inert']]);
});

test('who stopped listening hears nothing', async () => {
  const tracker = await SessionTracker.create(options);
  const heard = vi.fn();
  tracker.subscribe(heard)();
  glue.trackers[0]!.become({ status: 'opted-out' });
  glue.traps = true;
  tracker.logEvent('a');
  expect(heard).not.toHaveBeenCalled();
});

test('a trap while creating, when the promise can settle no more, gives an inert tracker', async () => {
  glue.traps = true;
  const tracker = await SessionTracker.create(options);
  expect(tracker.getState()).toEqual({ status: 'inert', reason: 'trap' });
});

test('a single call that throws is left out, and the tracker goes on', async () => {
  const tracker = await SessionTracker.create(options);
  vi.spyOn(glue.trackers[0]!, 'changeSection').mockImplementation(() => {
    throw new TypeError('arg.length is not a function');
  });
  tracker.changeSection(Symbol('home') as never);
  expect(debug).toHaveBeenCalledOnce();
  expect(tracker.logEvent('a')).toBe('event-1');
});

test('where WebAssembly is forbidden the tracker is inert, with one notice, and the next creation tries again', async () => {
  glue.failToLoad = new Error('Refused to compile WebAssembly module');
  const tracker = await SessionTracker.create(options);
  expect(tracker.getState()).toEqual({ status: 'inert', reason: 'no-webassembly' });
  expect(debug.mock.calls).toEqual([[expect.stringContaining('Refused to compile WebAssembly module')]]);
  glue.failToLoad = undefined;
  expect((await SessionTracker.create(options)).getState()).toEqual({ status: 'idle' });
});
