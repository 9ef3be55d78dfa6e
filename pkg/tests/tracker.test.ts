// @vitest-environment happy-dom
import { expect, test, vi } from 'vitest';
import { debug, glue, options, SessionTracker } from './fresh';

test('creating makes a tracker and starts nothing', async () => {
  await SessionTracker.create(options);
  expect(glue.trackers).toHaveLength(1);
  expect(glue.trackers[0]!.calls).toEqual([]);
});

test('the class has no other constructor', () => {
  // @ts-expect-error: TypeScript forbids it, JavaScript asks.
  expect(() => new SessionTracker(options)).toThrow();
});

test('an option that cannot be used rejects the creation', async () => {
  const wrong = SessionTracker.create({ ...options, heartbeatSeconds: 1 });
  await expect(wrong).rejects.toThrow('option `heartbeatSeconds` must be a number from 5 to 3600; it was 1');
  expect(glue.trackers).toEqual([]);
});

test('the compiled tracker gets the options as JSON, and the functions beside it', async () => {
  const getToken = () => 'abc';
  const logger = { debug, itself: undefined as unknown };
  logger.itself = logger;
  await SessionTracker.create({ ...options, logger, getToken, userId: undefined, metadata: { plan: 'M' }, flushSeconds: 0.5 });
  const [compiled] = glue.trackers;
  expect(compiled!.options).toEqual({ endpoint: '/api/sessions', metadata: { plan: 'M' }, flushSeconds: 0.5, section: 'home' });
  expect(compiled!.getToken).toBe(getToken);
});

test('the first section is the given one, or what the rule makes of the path, the built-in rule or the given one', async () => {
  await SessionTracker.create(options);
  await SessionTracker.create({ ...options, pathToSection: (path) => `at ${path}` });
  await SessionTracker.create({ ...options, section: 'docs' });
  expect(glue.trackers.map(({ section }) => section)).toEqual(['home', 'at /', 'docs']);
});

test('a rule for sections that throws rejects the creation', async () => {
  const pathToSection = () => {
    throw new Error('mine');
  };
  await expect(SessionTracker.create({ ...options, pathToSection })).rejects.toThrow('option `pathToSection` must be a function from a path');
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

test('data that has no JSON is refused, and the next event works', async () => {
  const tracker = await SessionTracker.create(options);
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  for (const data of [cycle, 1n, () => {}, Symbol('x'), { toJSON: () => cycle }]) expect(tracker.logEvent('a', data)).toBeUndefined();
  expect(tracker.ledger.refused).toEqual({ ended: 1, unserialisable: 5 });
  expect(debug).toHaveBeenCalledWith(expect.stringContaining('event refused: its data has no JSON form'));
  expect(tracker.logEvent('a', null)).toBe('event-1');
});

test('starting gives undefined when the backend could not be reached at first, and can be asked again', async () => {
  const tracker = await SessionTracker.create(options);
  const compiled = glue.trackers[0]!;
  const here = { sessionId: 'a-session', section: 'home', startedAt: 0 };
  vi.spyOn(compiled, 'initializeSession').mockImplementation(() => compiled.become({ status: 'starting', ...here }));
  const first = tracker.start();
  compiled.hear(3, '');
  expect(await first).toBeUndefined();
  const second = tracker.start();
  expect(second).not.toBe(first);
  compiled.become({ status: 'live', person: 'active', ...here });
  compiled.hear(2, '');
  expect(await second).toBe('a-session');
});

test('the state is frozen, and the same object until the compiled tracker tells another', async () => {
  const tracker = await SessionTracker.create(options);
  const idle = tracker.getState();
  expect(idle).toEqual({ status: 'idle' });
  await tracker.start();
  const live = tracker.getState();
  expect(live).toMatchObject({ status: 'live', sessionId: 'a-session' });
  expect(tracker.getState()).toBe(live);
  expect([idle, live, tracker.ledger].every(Object.isFrozen)).toBe(true);
});

test('the backend\u2019s final word reaches onError and the logger', async () => {
  const onError = vi.fn();
  await SessionTracker.create({ ...options, onError });
  glue.trackers[0]!.hear(1, '[SessionTracking] Failed to start session: no');
  expect(onError.mock.calls[0]![0].message).toBe('[SessionTracking] Failed to start session: no');
  expect(debug).toHaveBeenCalledWith('[SessionTracking] Failed to start session: no');
});

test('a subscriber that throws keeps nobody else from hearing', async () => {
  const tracker = await SessionTracker.create(options);
  const heard = vi.fn();
  tracker.subscribe(() => {
    throw new Error('mine');
  });
  tracker.subscribe(heard);
  glue.trackers[0]!.become({ status: 'opted-out' });
  expect(heard).toHaveBeenCalledOnce();
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

test('a trap while creating gives an inert tracker', async () => {
  glue.traps = true;
  const tracker = await SessionTracker.create(options);
  expect(tracker.getState()).toEqual({ status: 'inert', reason: 'trap' });
});

test('a single call that throws is left out, and the tracker goes on', async () => {
  const tracker = await SessionTracker.create(options);
  vi.spyOn(glue.trackers[0]!, 'changeSection').mockImplementation(() => {
    throw new TypeError('arg.length is not a function');
  });
  tracker.changeSection('home');
  expect(debug).toHaveBeenCalledOnce();
  expect(tracker.logEvent('a')).toBe('event-1');
});

test('where WebAssembly is forbidden, and the JavaScript in its place too, the tracker is inert, with one notice, and the next creation tries again', async () => {
  const { plain } = await import('./plain-glue');
  glue.failToLoad = new Error('Refused to compile WebAssembly module');
  plain.failToStart = new TypeError('Failed to fetch dynamically imported module');
  const tracker = await SessionTracker.create(options);
  expect(tracker.getState()).toEqual({ status: 'inert', reason: 'no-webassembly' });
  expect(debug.mock.calls).toEqual([[expect.stringContaining('Failed to fetch dynamically imported module')]]);
  glue.failToLoad = undefined;
  expect((await SessionTracker.create(options)).getState()).toEqual({ status: 'idle' });
});
