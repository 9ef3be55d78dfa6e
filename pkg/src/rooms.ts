/*
 * Rooms: several people in one session of work, who is there, and invitations that expire. The server decides who may enter and what has
 * expired; this file says that the person is there, asks every few minutes, and tells the page. What a room is, is in `room.ts`, and how presence
 * travels with a tracker's heartbeat in `beat.ts`.
 */
import { Api, type Answer, type ApiOptions, type Problem } from './api.js';
import { Beat, isHidden, type Seen } from './beat.js';
import type { AccessMethod, Room, RoomEvent, RoomExpiry, SessionParticipant } from './room.js';
import type { SessionTracker } from './tracker.js';

export type { AccessMethod, Answer, ApiOptions, Problem, Room, RoomEvent, RoomExpiry, SessionParticipant };

/** How often presence is said while the page is visible, unless an option says otherwise. */
export const PRESENCE_UPDATE_INTERVAL_SECONDS = 30;
/** How often it is asked whether a room has expired, unless an option says otherwise. */
export const EXPIRY_CHECK_INTERVAL_MINUTES = 5;
/** How long before its expiry a room is announced as expiring. */
export const EXPIRY_WARNING_MINUTES = 5;

/** What `new SessionRooms()` takes. */
export interface RoomsOptions extends ApiOptions {
  /**
   * The rooms' address.
   * @defaultValue `/api/rooms`
   * @example `'https://sessions.example/api/rooms'`
   */
  endpoint?: string;
  /**
   * The page's tracker. Its heartbeat then says presence, once for all rooms of all tabs, and its person, device and bearer are those of the rooms.
   * Where it does not beat (with a backend of the core profile, before its start) the rooms speak for themselves, and after an opt-out nobody does.
   * @defaultValue none: the rooms speak for themselves
   * @example `tracker`
   */
  tracker?: Pick<SessionTracker, 'carry' | 'getState'>;
  /**
   * Your name for this device, where one person may be in a room on several.
   * @defaultValue the tracker's; without one none: a person is in a room once
   * @example `'0198f3a2-7b5c-7def-8123-456789abcdef'`
   */
  deviceId?: string;
  /**
   * How often a visible page says presence where no heartbeat does, 5 to 3600 seconds.
   * @defaultValue 30
   * @example `15`
   */
  presenceSeconds?: number;
  /**
   * How often it is asked whether a room has expired, 1 to 1440 minutes.
   * @defaultValue 5
   * @example `1`
   */
  expiryCheckMinutes?: number;
  /**
   * Hears of rooms that expire. What it throws is left alone.
   * @defaultValue nobody hears of it
   * @example `({ message }) => show(message)`
   */
  onEvent?: (event: RoomEvent) => void;
}

const EXPIRED = 'This invitation link has expired. Sessions become inactive after 1 hour of no activity.';
const NOT_FOUND = 'Session not found or inactive';

/** The rooms a person is in. Nothing is sent before the first call, and no method throws or rejects. */
export class SessionRooms {
  #api: Api;
  #options: RoomsOptions;
  #beat: Beat | undefined;
  #joined = new Set<string>();
  #presenceTimer: ReturnType<typeof setInterval> | undefined;
  #expiryTimer: ReturnType<typeof setInterval> | undefined;

  /**
   * @throws a `TypeError` naming the interval that is out of its range
   */
  constructor(options: RoomsOptions = {}) {
    checkRange('presenceSeconds', options.presenceSeconds, 5, 3_600);
    checkRange('expiryCheckMinutes', options.expiryCheckMinutes, 1, 1_440);
    this.#options = options;
    const { tracker } = options;
    this.#beat = tracker && new Beat(tracker, () => [...this.#joined], (seen) => this.#hear(seen));
    this.#api = new Api(this.#beat?.asking(options) ?? options, '/api/rooms');
  }

  /** Opens a room of the person's own. The person is not in it before `joinSession()`, `direct` or by its link. */
  async createSession(room: { roomId?: string; maxParticipants?: number } = {}): Promise<Answer<Room>> {
    return this.#api.post('', room);
  }

  /**
   * Enters a room and, from then on, says every 30 s that the person is there and asks every 5 minutes whether the room has expired.
   * Entering again does no harm. The problems to expect are `invite-expired` and `session-not-found`; their `detail` is for people.
   */
  async joinSession(roomId: string, { accessMethod = 'invite' }: { accessMethod?: AccessMethod } = {}): Promise<Answer<Room>> {
    const answer = await this.#api.post<Room>(pathOf(roomId, 'join'), { accessMethod, deviceId: this.#deviceId() });
    if (!answer.ok) return { ok: false, problem: inWords(answer.problem) };
    this.#joined.add(roomId);
    this.#beat?.publish();
    this.#schedule();
    return answer;
  }

  /** Leaves a room. The room stays for those who are in it. */
  async leaveSession(roomId: string): Promise<Answer<Room>> {
    this.#forget(roomId);
    return this.#api.post(pathOf(roomId, 'leave'), { deviceId: this.#deviceId() });
  }

  /** Says at once that the person is there, in one room, or in all they are in. */
  async updatePresence(roomId?: string): Promise<void> {
    await Promise.all((roomId === undefined ? [...this.#joined] : [roomId]).map((room) => this.#sayPresence(room)));
  }

  /** Asks whether a room has expired. One that has is left, and told of as `session:expired`. */
  async checkSessionExpiry(roomId: string): Promise<Answer<RoomExpiry>> {
    const answer = await this.#api.get<RoomExpiry>(pathOf(roomId, 'expiry'));
    if (answer.ok) this.#judge(roomId, answer.value);
    return answer.ok ? answer : { ok: false, problem: inWords(answer.problem) };
  }

  /** Who is in a room. Only somebody who is in it may ask. */
  async participants(roomId: string): Promise<Answer<{ readonly participants: readonly SessionParticipant[] }>> {
    return this.#api.get(pathOf(roomId, 'participants'));
  }

  /** Stops saying presence everywhere, without leaving: as a closing page does, whose rooms expire by themselves. */
  destroy(): void {
    this.#joined.clear();
    this.#schedule();
    this.#beat?.close();
  }

  #deviceId(): string | undefined {
    return this.#options.deviceId ?? this.#beat?.deviceId;
  }

  #hear({ roomId, expiresAt = null, type }: Seen): void {
    if (type === undefined) return this.#judge(roomId, { expired: false, expiresAt });
    const kind = type.split(/[:/]/).at(-1);
    if (isOver(kind)) this.#expire(roomId, kind === 'invite-expired' ? EXPIRED : NOT_FOUND);
  }

  /* Presence in the rooms for which no heartbeat speaks. */
  #tick(): void {
    if (this.#options.tracker?.getState().status === 'opted-out') return;
    this.#beat?.publish();
    // Somebody who does not look at the page is not there.
    if (isHidden()) return;
    for (const roomId of this.#joined) if (!this.#beat?.spokeFor(roomId)) void this.#sayPresence(roomId);
  }

  async #sayPresence(roomId: string): Promise<void> {
    this.#api.debug(`Updating participant presence for session: ${roomId}`);
    const answer = await this.#api.post<Partial<RoomExpiry>>(pathOf(roomId, 'presence'), { deviceId: this.#deviceId() });
    if (!answer.ok && isOver(answer.problem.type)) this.#expire(roomId, inWords(answer.problem).detail);
  }

  #judge(roomId: string, { expired, expiresAt }: RoomExpiry): void {
    if (expired) return this.#expire(roomId, EXPIRED);
    if (!this.#joined.has(roomId) || !expiresAt) return;
    const minutes = Math.ceil((Date.parse(expiresAt) - Date.now()) / 60_000);
    if (minutes > EXPIRY_WARNING_MINUTES) return;
    const message = `Session will expire in ${Math.max(minutes, 1)} minute${minutes > 1 ? 's' : ''}`;
    this.#tell({ type: 'session:expiring', roomId, minutes: Math.max(minutes, 1), message });
  }

  #expire(roomId: string, message: string): void {
    if (this.#forget(roomId)) this.#tell({ type: 'session:expired', roomId, message });
  }

  #forget(roomId: string): boolean {
    const wasJoined = this.#joined.delete(roomId);
    if (wasJoined) this.#beat?.publish();
    this.#schedule();
    return wasJoined;
  }

  /* Timers exist only while there is a room to say something about. */
  #schedule(): void {
    if (this.#joined.size === 0) {
      clearInterval(this.#presenceTimer);
      clearInterval(this.#expiryTimer);
      this.#presenceTimer = this.#expiryTimer = undefined;
      return;
    }
    const { presenceSeconds = PRESENCE_UPDATE_INTERVAL_SECONDS, expiryCheckMinutes = EXPIRY_CHECK_INTERVAL_MINUTES } = this.#options;
    this.#presenceTimer ??= setInterval(() => this.#tick(), presenceSeconds * 1_000);
    this.#expiryTimer ??= setInterval(() => {
      for (const roomId of this.#joined) void this.checkSessionExpiry(roomId);
    }, expiryCheckMinutes * 60_000);
  }

  #tell(event: RoomEvent): void {
    try {
      this.#options.onEvent?.(event);
    } catch {
      // The host's own affair.
    }
  }
}

function pathOf(roomId: string, what: string): string {
  return `/${encodeURIComponent(roomId)}/${what}`;
}

function isOver(type: string | undefined): boolean {
  return type === 'invite-expired' || type === 'session-not-found';
}

/* The backend's own sentence names its own setting; these stand in where it gave none. */
function inWords(problem: Problem): Problem {
  if (problem.type === 'invite-expired') return { ...problem, detail: problem.detail.startsWith('This invitation') ? problem.detail : EXPIRED };
  if (problem.type === 'session-not-found') return { ...problem, detail: NOT_FOUND };
  return problem;
}

let own: SessionRooms | undefined;

/** Opens the rooms that the functions below are about, in place of those before. */
export function openRooms(options: RoomsOptions = {}): SessionRooms {
  own?.destroy();
  return (own = new SessionRooms(options));
}

/** `joinSession()` of the page's rooms; without `openRooms()` they have no options. */
export const joinSession: SessionRooms['joinSession'] = (...given) => (own ?? openRooms()).joinSession(...given);
/** `leaveSession()` of the page's rooms. */
export const leaveSession: SessionRooms['leaveSession'] = (...given) => (own ?? openRooms()).leaveSession(...given);
/** `updatePresence()` of the page's rooms. */
export const updatePresence: SessionRooms['updatePresence'] = (...given) => (own ?? openRooms()).updatePresence(...given);
/** `checkSessionExpiry()` of the page's rooms. */
export const checkSessionExpiry: SessionRooms['checkSessionExpiry'] = (...given) => (own ?? openRooms()).checkSessionExpiry(...given);

function checkRange(name: keyof RoomsOptions, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (value >= least && value <= most)) return;
  throw new TypeError(`SessionRooms: option \`${name}\` must be a number from ${least} to ${most}; it was ${String(value)}`);
}
