// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SessionRooms, type RoomEvent, type RoomsOptions } from '../src/rooms';
import { backend, problem, type Given } from './backend';

const MINUTE = 60_000;
let events: RoomEvent[];

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z') });
  events = [];
});
afterEach(() => void vi.useRealTimers());

function rooms(options: RoomsOptions = {}, ...answers: Given[]) {
  const { fetch, asked } = backend(...answers);
  const paths = () => asked.map(({ method, path }) => `${method} ${path}`);
  return { rooms: new SessionRooms({ fetch, onEvent: (event) => events.push(event), ...options }), asked, paths };
}

const inMinutes = (minutes: number) => new Date(Date.now() + minutes * MINUTE).toISOString();

test('joining says how, and from then on that the person is there', async () => {
  const debug = vi.fn();
  const { rooms: own, asked, paths } = rooms({ deviceId: 'd', userId: 'ada', logger: { debug } });
  await own.joinSession('r 1', { accessMethod: 'invite' });
  expect(asked[0]).toMatchObject({ path: '/api/rooms/r%201/join', body: { userId: 'ada', deviceId: 'd', accessMethod: 'invite' } });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(paths().slice(1)).toEqual(['POST /api/rooms/r%201/presence', 'POST /api/rooms/r%201/presence']);
  expect(debug.mock.calls[0]).toEqual(['Updating participant presence for session: r 1']);
});

test('who does not look at the page says no presence', async () => {
  const { rooms: own, asked } = rooms();
  await own.joinSession('r');
  const hidden = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(1);
  hidden.mockRestore();
});

test('a page with a frame that is named like a property of the document is looked at all the same', async () => {
  const { rooms: own, asked } = rooms();
  await own.joinSession('r');
  Object.defineProperty(document, 'hidden', { value: document.createElement('iframe'), configurable: true });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(3);
  Reflect.deleteProperty(document, 'hidden');
});

test('an expired invitation keeps the backend’s sentence, and nothing is joined', async () => {
  const detail = 'This invitation link has expired. Sessions become inactive after 2 hours of no activity.';
  const { rooms: own, asked } = rooms({}, problem(410, 'invite-expired', detail));
  expect(await own.joinSession('r', { accessMethod: 'invite' })).toEqual({ ok: false, problem: { type: 'invite-expired', status: 410, detail } });
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  expect(asked).toHaveLength(1);
});

test('a room that is not there is said in one sentence', async () => {
  const { rooms: own } = rooms({}, problem(404, 'session-not-found', 'no row'));
  expect(await own.joinSession('r')).toMatchObject({ problem: { detail: 'Session not found or inactive' } });
});

test('every five minutes it is asked whether the room has expired', async () => {
  const { rooms: own, paths } = rooms({ presenceSeconds: 3_600 }, {}, { body: { expired: false, expiresAt: inMinutes(60) } });
  await own.joinSession('r');
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  expect(paths()).toEqual(['POST /api/rooms/r/join', 'GET /api/rooms/r/expiry', 'GET /api/rooms/r/expiry']);
  expect(events).toEqual([]);
});

test('a room that is about to expire is announced, one that has is left', async () => {
  const expiring = { body: { expired: false, expiresAt: inMinutes(10) } };
  const { rooms: own, asked } = rooms({ presenceSeconds: 3_600 }, {}, expiring, { body: { expired: true, expiresAt: inMinutes(10) } });
  await own.joinSession('r');
  await vi.advanceTimersByTimeAsync(5 * MINUTE);
  expect(events).toEqual([{ type: 'session:expiring', roomId: 'r', minutes: 5, message: 'Session will expire in 5 minutes' }]);
  await vi.advanceTimersByTimeAsync(60 * MINUTE);
  expect(events[1]).toEqual({
    type: 'session:expired',
    roomId: 'r',
    message: 'This invitation link has expired. Sessions become inactive after 1 hour of no activity.',
  });
  expect(asked).toHaveLength(3);
});

test('a presence that the backend refuses as expired ends it too', async () => {
  const { rooms: own } = rooms({}, {}, problem(404, 'session-not-found'));
  await own.joinSession('r');
  await own.updatePresence('r');
  expect(events).toEqual([{ type: 'session:expired', roomId: 'r', message: 'Session not found or inactive' }]);
});

test('leaving and destroying stop every timer', async () => {
  const { rooms: own } = rooms();
  await own.joinSession('r');
  await own.joinSession('s');
  await own.leaveSession('r');
  expect(vi.getTimerCount()).toBe(2);
  own.destroy();
  expect(vi.getTimerCount()).toBe(0);
});

test('a listener of the host’s that throws is its own affair', async () => {
  const { rooms: own } = rooms({ onEvent: () => { throw new Error('theirs'); } }, {}, { body: { expired: true, expiresAt: null } });
  await own.joinSession('r');
  expect(await own.checkSessionExpiry('r')).toMatchObject({ ok: true });
});

test.each([
  ['presenceSeconds', 4],
  ['presenceSeconds', 3_601],
  ['expiryCheckMinutes', 0],
  ['expiryCheckMinutes', 1_441],
])('%s of %d is an error that names it', (name, value) => {
  expect(() => new SessionRooms({ [name]: value })).toThrow(`\`${name}\` must be a number from`);
});

test.each([['presenceSeconds', 5], ['presenceSeconds', 3_600], ['expiryCheckMinutes', 1], ['expiryCheckMinutes', 1_440]])(
  '%s of %d is allowed',
  (name, value) => void new SessionRooms({ [name]: value }),
);
