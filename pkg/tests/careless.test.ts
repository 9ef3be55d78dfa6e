// @vitest-environment happy-dom
/* Hosts that hand over anything at all, and at any time: no method throws, every promise settles. */
import { expect, test, vi } from 'vitest';
import type { Options } from '../src/index';
import { UNREACHABLE } from '../src/heard';
import { debug, glue, options, SessionTracker } from './fresh';

/* It has no text: to ask for one throws. */
const odd = Object.create(null);
const throwOdd = () => {
  throw odd;
};
const ODD = [undefined, null, 7, {}, odd, Symbol('x'), { toString: throwOdd }, new Event('click')] as never[];

test('a section that is no text is nobody’s place, and is no exception', async () => {
  const tracker = await SessionTracker.create(options);
  for (const section of ODD) {
    tracker.changeSection(section);
    tracker.changeSectionDebounced(section);
  }
  expect(new Set(glue.trackers[0]!.named('changeSection').map(([, section]) => section))).toEqual(new Set(['']));
});

test('a listener that is passed as it is brings its event, which is no reason to end', async () => {
  for (const reason of ODD.slice(1)) {
    const tracker = await SessionTracker.create(options);
    await tracker.end(reason);
    expect(glue.trackers.at(-1)!.named('endSession')).toEqual([['endSession', '']]);
  }
});

test('names, choices and types of every kind are no exception', async () => {
  const tracker = await SessionTracker.create({ ...options, logger: { debug: throwOdd } });
  for (const given of ODD) {
    tracker.identify(given);
    tracker.logEvent(given);
  }
  expect(glue.trackers[0]!.named('logEvent')).toEqual(ODD.map(() => ['logEvent', '']));
  tracker.optOut(null as never);
  expect(tracker.getState().status).toBe('opted-out');
});

test('what beforeSend throws or gives is no exception, whatever it is', async () => {
  const beforeSend = vi.fn<NonNullable<Options['beforeSend']>>(throwOdd);
  const tracker = await SessionTracker.create({ ...options, beforeSend });
  expect(tracker.logEvent('a')).toBeUndefined();
  beforeSend.mockImplementation(() => Object.defineProperty({}, 'eventType', { get: throwOdd }) as never);
  expect(tracker.logEvent('a')).toBeUndefined();
  expect(tracker.ledger.refused).toEqual({ ended: 1, before_send: 2 });
});

test('an option of any kind is named by the error', async () => {
  for (const given of ODD.slice(2)) {
    await expect(SessionTracker.create({ ...options, userId: given })).rejects.toThrow('option `userId` must be');
  }
  for (const name of ['constructor', 'toString']) {
    await expect(SessionTracker.create({ ...options, [name]: 1 })).rejects.toThrow(`there is no option \`${name}\``);
  }
});

test('a start that an end overtakes gives no session, and is not waited for in vain', async () => {
  const tracker = await SessionTracker.create(options);
  for (const deed of ['initializeSession', 'endSession'] as const) vi.spyOn(glue.trackers[0]!, deed).mockImplementation(() => {});
  const started = tracker.start();
  void tracker.end();
  expect(await started).toBeUndefined();
});

test('a destroyed tracker stays so when the person agrees once more', async () => {
  const tracker = await SessionTracker.create(options);
  tracker.destroy();
  tracker.optOut();
  tracker.optIn();
  void tracker.start();
  expect(glue.trackers).toHaveLength(1);
  expect(glue.trackers[0]!.named('initializeSession')).toEqual([]);
});

test('a backend that does not answer is told to the developer with the address and what came of it, and to nobody else', async () => {
  const onError = vi.fn();
  const tracker = await SessionTracker.create({ ...options, onError });
  const [compiled] = glue.trackers;
  compiled!.asked('/api/session/start', 404, `<!doctype html>${'x '.repeat(500)}`);
  compiled!.hear(7, '');
  const [sentence] = tracker.diagnose().errors;
  expect(sentence).toMatch(/^the backend does not answer as the session API says; trying again: \/api\/session\/start 404 <!doctype html>[x ]+$/);
  expect(sentence!.length).toBeLessThan(300);
  expect(debug).toHaveBeenCalledWith(sentence);
  expect(onError).not.toHaveBeenCalled();
});

test('an answer that is not the API’s is quoted without what may be a token, and what has no text without a word', async () => {
  const tracker = await SessionTracker.create(options);
  const [compiled] = glue.trackers;
  const address = 'https://sessions.a-rather-long-name-for-a-host.example.com/api/sessions/start';
  compiled!.asked(address, 200, `{"token":"${'aB3_-'.repeat(9)}","sessionId":7}`);
  compiled!.hear(UNREACHABLE, '');
  compiled!.asked(odd);
  compiled!.hear(UNREACHABLE, '');
  expect(tracker.diagnose().errors).toEqual([expect.stringMatching(/: https:\/\/sessions\.a-rather-long-name-for-a-host\.example\.com\/api\/sessions\/start 200 \{"token":"…","sessionId":7\}$/)]);
});

test('what a module that does not load throws need not have a text', async () => {
  const { plain } = await import('./plain-glue');
  glue.failToLoad = plain.failToStart = odd;
  expect((await SessionTracker.create(options)).getState()).toEqual({ status: 'inert', reason: 'no-webassembly' });
});
