// @vitest-environment happy-dom
/* Rooms on the tracker's heartbeat: what travels with it, for whom, and who speaks where nothing beats. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Carrier } from '../src/carriage';
import * as page from '../src/rooms';
import { SessionRooms, type RoomEvent, type RoomsOptions } from '../src/rooms';
import { backend, type Given } from './backend';

const HEARTBEAT = '{"sessionId":"s","heartbeat":{"activity":"active","activityCount":1,"activeSeconds":30}}';
const PRESENCE_SECONDS = 30;
let events: RoomEvent[];

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z') });
  localStorage.clear();
  events = [];
});
afterEach(() => void vi.useRealTimers());

/* A tab with a tracker that says who is there, and hands its requests over as it sends them. */
function tab(options: RoomsOptions = {}, given: { getToken?: () => string; who?: string[]; status?: string } = {}, ...answers: Given[]) {
  let carrier: Carrier | undefined;
  const tracker = {
    status: given.status ?? 'live',
    carry(next?: Carrier) {
      carrier = next;
      return { options: { endpoint: '/api/sessions', ...(given.getToken && { getToken: given.getToken }) }, who: () => given.who ?? ['ada', '', 'device-1'] };
    },
    getState: () => ({ status: tracker.status }) as never,
  };
  const { fetch, asked } = backend(...answers);
  const rooms = new SessionRooms({ fetch, tracker, onEvent: (event) => events.push(event), presenceSeconds: PRESENCE_SECONDS, ...options });
  const send = (body: string) => carrier?.(body);
  const roomsIn = (body: string) => (JSON.parse(send(body)?.body ?? '{}') as { rooms?: string[] }).rooms;
  const presences = () => asked.filter(({ path }) => path.endsWith('/presence')).length;
  return { rooms, tracker, asked, send, roomsIn, presences };
}

const answer = (...rooms: object[]) => JSON.stringify({ sessionId: 's', status: 'active', rooms });

test('the heartbeat carries every room that was joined, for the device and the person of the session', async () => {
  const { rooms, asked, roomsIn } = tab();
  expect(roomsIn(HEARTBEAT)).toBeUndefined();
  await rooms.joinSession('r', { accessMethod: 'invite' });
  await rooms.joinSession('s');
  expect(asked[0]).toMatchObject({ body: { userId: 'ada', deviceId: 'device-1', accessMethod: 'invite' }, bearer: null });
  expect(roomsIn(HEARTBEAT)).toEqual(['r', 's']);
  expect(roomsIn('{"sessionId":"s","events":[{"eventData":"\\"heartbeat\\":{}"}],"heartbeat":{"activity":"idle"}}')).toEqual(['r', 's']);
  await rooms.leaveSession('r');
  expect(roomsIn(HEARTBEAT)).toEqual(['s']);
});

test.each([
  '{"sessionId":"s","section":"home"}',
  '{"sessionId":"s","events":[{"eventData":{"heartbeat":{"a":1}}}]}',
  '{"sessionId":"s","heartbeat":{"activity":"hidden"},"end":{"reason":"app_close"}}',
])('nothing else does: %s', async (body) => {
  const { rooms, send } = tab();
  await rooms.joinSession('r');
  expect(send(body)).toBeUndefined();
});

test('32 rooms travel in one heartbeat, and no more', async () => {
  const { rooms, roomsIn } = tab();
  for (let room = 1; room <= 32; room += 1) await rooms.joinSession(`r${room}`);
  expect(roomsIn(HEARTBEAT)).toHaveLength(32);
  await rooms.joinSession('r33');
  expect(roomsIn(HEARTBEAT)).toHaveLength(32);
});

test('who does not look at the page is in no room', async () => {
  const { rooms, send, presences } = tab();
  await rooms.joinSession('r');
  const hidden = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  expect(send(HEARTBEAT)).toBeUndefined();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([presences(), Object.keys(localStorage)]).toEqual([0, []]);
  hidden.mockRestore();
});

test('where the heartbeat speaks for a room nobody else does, and where nothing beats the room speaks for itself', async () => {
  const { rooms, send, presences } = tab();
  await rooms.joinSession('r');
  for (let beat = 0; beat < 4; beat += 1) {
    send(HEARTBEAT)!.heard(answer({ roomId: 'r', expiresAt: new Date(Date.now() + 3_600_000).toISOString() }));
    await vi.advanceTimersByTimeAsync(30_000);
  }
  expect(presences()).toBe(0);
  await vi.advanceTimersByTimeAsync(90_000);
  expect(presences()).toBeGreaterThan(0);
});

test('the tab that beats speaks for the rooms of all tabs, as long as they are there', async () => {
  const [leader, other] = [tab(), tab()];
  await leader.rooms.joinSession('r');
  await other.rooms.joinSession('s');
  expect(leader.roomsIn(HEARTBEAT)?.sort()).toEqual(['r', 's']);
  for (let beat = 0; beat < 6; beat += 1) {
    leader.send(HEARTBEAT)!.heard(answer({ roomId: 'r' }, { roomId: 's' }));
    await vi.advanceTimersByTimeAsync(30_000);
  }
  expect([leader.presences(), other.presences()]).toEqual([0, 0]);
  await other.rooms.leaveSession('s');
  expect(leader.roomsIn(HEARTBEAT)).toEqual(['r']);
});

test('a tab that crashed is in its rooms for three beats', async () => {
  const [leader, other] = [tab(), tab()];
  await leader.rooms.joinSession('r');
  await other.rooms.joinSession('s');
  const [left] = Object.entries<string>(localStorage).filter(([, text]) => text.endsWith(' s'));
  other.rooms.destroy();
  localStorage.setItem(...left!);
  await vi.advanceTimersByTimeAsync(89_000);
  expect(leader.roomsIn(HEARTBEAT)).toContain('s');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(leader.roomsIn(HEARTBEAT)).toEqual(['r']);
});

test('an answer that tells of a room’s end or that it is near is told, and of other rooms nothing', async () => {
  const { rooms, send } = tab();
  for (const room of ['r', 's', 't']) await rooms.joinSession(room);
  const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
  send(HEARTBEAT)!.heard(
    answer(
      { roomId: 'r', expiresAt: inMinutes(5) },
      { roomId: 's', type: 'urn:session-tracker:problem:invite-expired' },
      { roomId: 't', type: 'urn:session-tracker:problem:session-not-found' },
      { roomId: 'x', type: 'urn:session-tracker:problem:session-not-found' },
    ),
  );
  expect(events.map(({ type, roomId, message }) => [type, roomId, message])).toEqual([
    ['session:expiring', 'r', 'Session will expire in 5 minutes'],
    ['session:expired', 's', 'This invitation link has expired. Sessions become inactive after 1 hour of no activity.'],
    ['session:expired', 't', 'Session not found or inactive'],
  ]);
});

test.each(['no json', '{}', '{"rooms":7}', '{"rooms":[null,{"roomId":7}]}'])('an answer that says nothing of rooms is left alone: %s', async (text) => {
  const { rooms, send } = tab();
  await rooms.joinSession('r');
  expect(() => send(HEARTBEAT)!.heard(text)).not.toThrow();
  expect(events).toEqual([]);
});

test('rooms ask with the host’s bearer, else with the visitor’s token', async () => {
  const host = tab({}, { getToken: () => 'her-token' });
  await host.rooms.joinSession('r');
  expect(host.asked[0]).toMatchObject({ bearer: 'Bearer her-token' });
  expect(host.asked[0]!.body).not.toHaveProperty('userId');
  const visitor = tab({}, { who: ['anon:1', 'visitor-token', ''] });
  await visitor.rooms.joinSession('r');
  expect(visitor.asked[0]).toMatchObject({ bearer: 'Bearer visitor-token' });
  expect(visitor.asked[0]!.body).not.toHaveProperty('deviceId');
});

test('after an opt-out nobody speaks', async () => {
  const { rooms, tracker, presences } = tab();
  await rooms.joinSession('r');
  tracker.status = 'opted-out';
  await vi.advanceTimersByTimeAsync(120_000);
  expect(presences()).toBe(0);
});

test('without storage a tab speaks for itself', async () => {
  vi.stubGlobal('localStorage', undefined);
  const { rooms, roomsIn, presences } = tab();
  await rooms.joinSession('r');
  expect(roomsIn(HEARTBEAT)).toEqual(['r']);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(presences()).toBe(1);
  vi.unstubAllGlobals();
});

test('destroy takes away every entry, timer and the carrier', async () => {
  const { rooms, send } = tab();
  await rooms.joinSession('r');
  send(HEARTBEAT)!.heard(answer({ roomId: 'r' }));
  rooms.destroy();
  expect([vi.getTimerCount(), Object.keys(localStorage), send(HEARTBEAT)]).toEqual([0, [], undefined]);
});

test('the page’s rooms have functions of their own', async () => {
  const { fetch, asked } = backend();
  page.openRooms({ fetch, endpoint: '/api/rooms' });
  await page.joinSession('r', { accessMethod: 'invite' });
  await page.updatePresence('r');
  await page.checkSessionExpiry('r');
  await page.leaveSession('r');
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /api/rooms/r/join',
    'POST /api/rooms/r/presence',
    'GET /api/rooms/r/expiry',
    'POST /api/rooms/r/leave',
  ]);
  page.openRooms().destroy();
});
