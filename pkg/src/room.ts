/*
 * What a room is, who is in it, and what is told of it, as types alone: how it is asked for is in `rooms.ts`.
 */

/** How somebody comes into a room: by its link, which may have expired, or directly, as its owner or as somebody who was in it before. */
export type AccessMethod = 'invite' | 'direct';

/** A room, as it is after what was asked. Times are RFC 3339, by the server's clock. */
export interface Room {
  /** A UUID, and the room's invitation. */
  readonly roomId: string;
  /** Who made it. */
  readonly ownerId: string;
  /** False once its owner has closed it. */
  readonly isActive: boolean;
  /** Different people in it. */
  readonly participantCount: number;
  /** How many different people may be in it. */
  readonly maxParticipants: number;
  /** When it was made. */
  readonly createdAt: string;
  /** When somebody last joined or left it, or it was closed. */
  readonly updatedAt: string;
  /** When it expires if nobody says presence before. */
  readonly expiresAt: string;
}

/** One person in a room, on one device. */
export interface SessionParticipant {
  /** Who it is. */
  readonly userId: string;
  /** Null where none was named. */
  readonly deviceId: string | null;
  /** Has not left. */
  readonly isActive: boolean;
  /** Is there at this moment: has not left, and was heard of within three beats. */
  readonly isPresent: boolean;
  /** RFC 3339, by the server's clock. */
  readonly joinedAt: string;
  /** RFC 3339, by the server's clock: the last time this person's page said that it is there. */
  readonly lastSeenAt: string;
  /** How they came in. */
  readonly accessMethod: AccessMethod;
}

/** Whether a room is still open. */
export interface RoomExpiry {
  /** Nobody was there for as long as the backend allows (an hour by default). */
  readonly expired: boolean;
  /** RFC 3339, by the server's clock: when the room expires if nobody says presence before; null where it does not. */
  readonly expiresAt: string | null;
}

/**
 * What a page may want to show. Tell the cases apart by `type`.
 * @example `{ type: 'session:expiring', roomId: '0198f3a2-…', minutes: 5, message: 'Session will expire in 5 minutes' }`
 */
export type RoomEvent =
  /** The room expires in `minutes` (5 at most, rounded up) unless somebody says presence. `message` is a sentence for people. */
  | { readonly type: 'session:expiring'; readonly roomId: string; readonly minutes: number; readonly message: string }
  /** The room is over, and left. `message` is a sentence for people. */
  | { readonly type: 'session:expired'; readonly roomId: string; readonly message: string };
