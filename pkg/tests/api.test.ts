import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Api, ATTEMPTS } from '../src/api';
import { uuid7 } from '../src/uuid';
import { backend, problem } from './backend';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const OVER = { ok: false, problem: { type: 'session-ended', status: 410, detail: 'It is over.' } };

test('an answer is a value, a problem its type and sentence', async () => {
  const { fetch } = backend({ body: { a: 1 } }, problem(410, 'session-ended', 'It is over.'));
  const api = new Api({ fetch }, '/api');
  expect(await api.get('/x')).toEqual({ ok: true, value: { a: 1 } });
  expect(await api.get('/x')).toEqual(OVER);
});

test('without a bearer the question names the user; with one it does not', async () => {
  const { fetch, asked } = backend({});
  await new Api({ fetch, userId: 'ada' }, '/api').get('/x', { daysBack: 7 });
  await new Api({ fetch, userId: 'ada' }, '/api').post('/x', { a: 1 });
  await new Api({ fetch, userId: 'ada', getToken: () => 't' }, '/api').post('/x', { a: 1 });
  expect(asked).toEqual([
    { method: 'GET', path: '/api/x?userId=ada&daysBack=7', body: undefined, bearer: null },
    { method: 'POST', path: '/api/x', body: { userId: 'ada', a: 1 }, bearer: null },
    { method: 'POST', path: '/api/x', body: { a: 1 }, bearer: 'Bearer t' },
  ]);
});

test('a bearer that was refused is asked for anew, once', async () => {
  const tokens = ['old', 'new', 'newer'];
  const { fetch, asked } = backend({}, problem(401, 'token-expired'));
  const api = new Api({ fetch, getToken: () => tokens.shift() }, '/api');
  await api.get('/x');
  expect(await api.get('/x')).toMatchObject({ ok: false, problem: { type: 'token-expired' } });
  expect(asked.map(({ bearer }) => bearer)).toEqual(['Bearer old', 'Bearer old', 'Bearer new']);
});

test('an endpoint that is no text is named by the error', () => {
  for (const endpoint of [5, {}, Object.create(null)]) expect(() => new Api({ endpoint }, '/api')).toThrow('option `endpoint` must be');
  expect(() => new Api({ endpoint: undefined }, '/api')).not.toThrow();
});

test('what has no JSON form is a problem, and nothing is asked', async () => {
  const { fetch, asked } = backend({});
  expect(await new Api({ fetch }, '/api').post('/x', { tokens: 1n }, true)).toMatchObject({ ok: false, problem: { type: 'unserialisable', status: 0 } });
  expect(asked).toEqual([]);
});

test('a page’s own fetch that throws what has no text is a backend that cannot be reached', async () => {
  const fetch = () => {
    throw Object.create(null);
  };
  expect(await new Api({ fetch }, '/api').get('/x')).toMatchObject({ ok: false, problem: { type: 'unreachable' } });
});

test('a patient request is made again while nobody answers, five times at most', async () => {
  const { fetch, asked } = backend(new TypeError('Failed to fetch'));
  const answer = new Api({ fetch }, '/api').post('/x', {}, true);
  await vi.runAllTimersAsync();
  expect(await answer).toMatchObject({ ok: false, problem: { type: 'unreachable', status: 0 } });
  expect(asked).toHaveLength(ATTEMPTS);
});

test('a backend that says when it wants the request again is given that time', async () => {
  const { fetch, asked } = backend({ ...problem(503, 'unavailable'), headers: { 'retry-after': '20' } }, { body: { a: 1 } });
  const answer = new Api({ fetch }, '/api').post('/x', {}, true);
  await vi.advanceTimersByTimeAsync(19_999);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(await answer).toEqual({ ok: true, value: { a: 1 } });
});

test('what the backend refuses for good is not sent again', async () => {
  const { fetch, asked } = backend(problem(422, 'invalid-request'));
  await new Api({ fetch }, '/api').post('/x', {}, true);
  expect(asked).toHaveLength(1);
});

test.each([
  ['a portal’s page', { body: '<p>Sign in</p>' }],
  ['a proxy’s 404', { status: 404, body: '<p>Not here</p>' }],
  ['JSON that is no object', { body: '7' }],
])('%s is no answer of the API', async (_, given) => {
  const { fetch } = backend(given);
  expect(await new Api({ fetch }, '/api').get('/x')).toMatchObject({ ok: false, problem: { type: 'unreachable' } });
});

test('an id carries its time, and no two are alike', () => {
  const id = uuid7(0x0198_1234_5678);
  expect(id).toMatch(/^01981234-5678-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuid7(0x0198_1234_5678)).not.toBe(id);
});
