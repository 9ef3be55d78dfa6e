// @vitest-environment happy-dom
/* What a person chose, here, elsewhere or through their browser, and what is left of them afterwards. */
import { afterEach, expect, test, vi } from 'vitest';
import { glue, options, SessionTracker } from './fresh';

const stored = () => Object.entries(localStorage);
const says = (signals: { globalPrivacyControl?: boolean; doNotTrack?: string }) => Object.entries(signals).forEach(([name, value]) => vi.stubGlobal('navigator', Object.create(navigator, { [name]: { value, configurable: true } })));

afterEach(() => vi.unstubAllGlobals());

const calls = (number = 0) => glue.trackers[number]!.calls.map(([name]) => name);

test('optOut with purge forgets what waits and travels, clears the namespace, and leaves one entry', async () => {
  localStorage.setItem('session-tracker:record', 'x');
  localStorage.setItem('session-tracker:tab:1', 'x');
  localStorage.setItem('shop:record', 'another application');
  const tracker = await SessionTracker.create(options);
  await tracker.start();
  glue.trackers[0]!.counts = { accepted: 9, delivered: 4, queued: 3, inFlight: 2, dropped: {}, refused: { ended: 1 } };
  tracker.optOut({ purge: true });
  expect(calls()).toEqual(['initializeSession', 'discard']);
  expect(stored()).toEqual([['shop:record', 'another application'], ['session-tracker:optout', '1']]);
  expect(tracker.getState()).toEqual({ status: 'opted-out' });
  expect(tracker.logEvent('late')).toBeUndefined();
  const left = { accepted: 9, delivered: 4, queued: 0, inFlight: 0, dropped: { opted_out: 5 }, refused: { ended: 1, opted_out: 1 } };
  expect(tracker.ledger).toEqual(left);
});

test('optOut without purge ends the session and hands over what waits', async () => {
  const tracker = await SessionTracker.create(options);
  await tracker.start();
  tracker.optOut();
  expect(calls()).toEqual(['initializeSession', 'endSession', 'destroy']);
  expect(stored()).toEqual([['session-tracker:optout', '1']]);
  expect(tracker.getState().status).toBe('opted-out');
});

test('whoever listens hears of it, and a start that waits is done with', async () => {
  const tracker = await SessionTracker.create({ ...options, consent: 'pending' });
  const heard: unknown[] = [];
  tracker.on('optedOut', () => heard.push('optedOut'));
  tracker.subscribe(() => heard.push(tracker.getState().status));
  const started = tracker.start();
  tracker.optOut();
  expect(await started).toBeUndefined();
  expect(heard).toEqual(['opted-out', 'optedOut']);
});

test('a later page remembers the choice and makes no session', async () => {
  localStorage.setItem('session-tracker:optout', '1');
  const tracker = await SessionTracker.create(options);
  expect(tracker.getState()).toEqual({ status: 'opted-out' });
  expect(glue.trackers).toEqual([]);
  expect(await tracker.start()).toBeUndefined();
  await tracker.flush();
});

test('optIn starts anew where a start was asked for', async () => {
  localStorage.setItem('session-tracker:optout', '1');
  const tracker = await SessionTracker.create(options);
  await tracker.start();
  tracker.changeSection('docs');
  tracker.optIn();
  expect(stored()).toEqual([['session-tracker:optout', '0']]);
  expect(tracker.getState()).toMatchObject({ status: 'live', section: 'docs' });
});

test('optIn without a start waits for one', async () => {
  localStorage.setItem('session-tracker:optout', '1');
  const tracker = await SessionTracker.create(options);
  tracker.optIn();
  expect(tracker.getState()).toEqual({ status: 'idle' });
  expect(calls()).toEqual([]);
});

test('Global Privacy Control is an opt-out with purge', async () => {
  says({ globalPrivacyControl: true });
  localStorage.setItem('session-tracker:record', 'x');
  const tracker = await SessionTracker.create(options);
  expect(tracker.getState()).toEqual({ status: 'opted-out' });
  expect(glue.trackers).toEqual([]);
  expect(stored()).toEqual([['session-tracker:optout', '1']]);
});

test('Global Privacy Control gives way to the host’s option and to an explicit optIn, also on later pages', async () => {
  says({ globalPrivacyControl: true });
  expect((await SessionTracker.create({ ...options, respectGpc: false })).getState()).toEqual({ status: 'idle' });
  (await SessionTracker.create(options)).optIn();
  expect((await SessionTracker.create(options)).getState()).toEqual({ status: 'idle' });
});

test('Do Not Track counts on request', async () => {
  says({ doNotTrack: '1' });
  expect((await SessionTracker.create(options)).getState()).toEqual({ status: 'idle' });
  expect((await SessionTracker.create({ ...options, respectDnt: true })).getState()).toEqual({ status: 'opted-out' });
});

test('while consent is pending nothing starts; optIn lets it', async () => {
  const tracker = await SessionTracker.create({ ...options, consent: 'pending' });
  const started = tracker.start();
  expect(tracker.logEvent('early')).toBe('event-1');
  expect(calls()).toEqual(['logEvent']);
  expect(stored()).toEqual([]);
  tracker.optIn();
  expect(await started).toBe('a-session');
  expect(calls()).toEqual(['logEvent', 'initializeSession']);
});

test('while consent is pending storage is not even read', async () => {
  localStorage.setItem('session-tracker:optout', '1');
  const read = vi.spyOn(Storage.prototype, 'getItem');
  const tracker = await SessionTracker.create({ ...options, consent: 'pending' });
  dispatchEvent(new Event('storage'));
  expect(read).not.toHaveBeenCalled();
  expect(glue.trackers[0]!.isPending()).toBe(true);
  tracker.optIn();
  expect(glue.trackers[0]!.isPending()).toBe(false);
  read.mockRestore();
});

test('Global Privacy Control counts while consent is pending, too', async () => {
  says({ globalPrivacyControl: true });
  expect((await SessionTracker.create({ ...options, consent: 'pending' })).getState()).toEqual({ status: 'opted-out' });
});

test('a person who signs in while consent is pending is named once it is given', async () => {
  const tracker = await SessionTracker.create({ ...options, consent: 'pending' });
  void tracker.start();
  tracker.identify('ada');
  expect(calls()).toEqual([]);
  tracker.optIn();
  expect(glue.trackers[0]!.calls).toEqual([['initializeSession', 'ada']]);
});

test('a page that goes while consent is pending says nothing', async () => {
  const tracker = await SessionTracker.create({ ...options, consent: 'pending' });
  tracker.logEvent('early');
  tracker.destroy();
  expect(calls()).toEqual(['logEvent', 'discard']);
});

test('an opt-out while consent is pending forgets what was held', async () => {
  const tracker = await SessionTracker.create({ ...options, consent: 'pending' });
  tracker.logEvent('early');
  tracker.optOut();
  expect(calls()).toEqual(['logEvent', 'discard']);
});

test('a choice in another tab, or while the page was away, is obeyed at once', async () => {
  for (const name of ['storage', 'pageshow']) {
    const tracker = await SessionTracker.create(options);
    await tracker.start();
    dispatchEvent(new Event(name));
    expect(tracker.getState().status).toBe('live');
    localStorage.setItem('session-tracker:optout', '1');
    dispatchEvent(new Event(name));
    expect(tracker.getState().status).toBe('opted-out');
    expect(calls(glue.trackers.length - 1)).toEqual(['initializeSession', 'discard']);
    localStorage.clear();
  }
});

test('a destroyed tracker listens no more', async () => {
  const tracker = await SessionTracker.create(options);
  tracker.destroy();
  localStorage.setItem('session-tracker:optout', '1');
  dispatchEvent(new Event('storage'));
  expect(calls()).toEqual(['destroy']);
});

test('storage that is blocked keeps no choice, and throws nothing', async () => {
  vi.stubGlobal('localStorage', undefined);
  const tracker = await SessionTracker.create(options);
  tracker.optOut({ purge: true });
  expect(tracker.getState().status).toBe('opted-out');
  tracker.optIn();
  expect(tracker.getState()).toEqual({ status: 'idle' });
});

test('what a discarded tracker still says is not heard', async () => {
  const tracker = await SessionTracker.create(options);
  await tracker.start();
  tracker.optOut({ purge: true });
  tracker.optIn();
  glue.trackers[0]!.become({ status: 'live', sessionId: 'old', section: 'home', startedAt: 0, person: 'active' });
  expect(tracker.sessionId).toBe('a-session');
});
