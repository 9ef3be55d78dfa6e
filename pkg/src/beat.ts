/*
 * Rooms on the tracker's heartbeat. Of all tabs one beats, and speaks for the rooms of all: each tab in view leaves in storage the rooms it is in, and
 * the one that beats leaves there for which it spoke. It knows neither invitations nor what expires.
 */
import type { ApiOptions } from './api.js';
import type { Carriage } from './carriage.js';
import type { SessionTracker } from './tracker.js';
import { uuid7 } from './uuid.js';

/** What a heartbeat's answer says of one room. */
export interface Seen {
  readonly roomId: string;
  readonly expiresAt?: string | null;
  /** Why the presence does not count. */
  readonly type?: string;
}

/** Rooms in one heartbeat (API limit). */
const BEAT_ROOMS = 32;
/** What was left in storage longer ago than three beats is of a tab that is gone. */
const LAPSE = 90_000;
/* Only a request that ends with its heartbeat says that the person is here: after it there could only be an end. */
const BEATS = /,"heartbeat":\{[^{}]*\}\}$/;

export class Beat {
  #tracker: Pick<SessionTracker, 'carry'>;
  #carriage: Carriage;
  #own = uuid7();
  #rooms: () => string[];

  /** `heard` is told what each answer says of each room. */
  constructor(tracker: Pick<SessionTracker, 'carry'>, rooms: () => string[], heard: (seen: Seen) => void) {
    this.#tracker = tracker;
    this.#rooms = rooms;
    this.#carriage = tracker.carry((body) => {
      const all = BEATS.test(body) && !isHidden() ? new Set([...rooms(), ...this.#left('in')]) : [];
      const some = [...all].slice(0, BEAT_ROOMS);
      if (some.length === 0) return undefined;
      return {
        body: `${body.slice(0, -1)},"rooms":${JSON.stringify(some)}}`,
        heard: (answer) => {
          const seen = seenIn(answer);
          this.#leave('said', seen.map(({ roomId }) => roomId));
          seen.forEach(heard);
        },
      };
    });
  }

  /** How the tracker's person asks about rooms: with the host's bearer, else with the visitor's token, else by name. */
  asking(options: ApiOptions): ApiOptions {
    const { getToken } = this.#carriage.options;
    const who = () => this.#carriage.who();
    return {
      ...options,
      get getToken() {
        const [, visitorToken] = who();
        return options.getToken ?? getToken ?? (visitorToken ? () => visitorToken : undefined);
      },
      get userId() {
        return options.userId ?? (who()[0] || undefined);
      },
    };
  }

  /** The device of the tracker's session, for which its heartbeat speaks. */
  get deviceId(): string | undefined {
    return this.#carriage.who()[2] || undefined;
  }

  /** Tells the tab that beats which rooms this one is in: nobody is there who does not look at it. */
  publish(): void {
    this.#leave('in', isHidden() ? [] : this.#rooms());
  }

  /** Whether a heartbeat spoke for the room lately. */
  spokeFor(roomId: string): boolean {
    return this.#left('said').includes(roomId);
  }

  close(): void {
    this.#leave('in', []);
    this.#leave('said', []);
    this.#tracker.carry();
  }

  get #prefix(): string {
    return `${this.#carriage.options.namespace ?? 'session-tracker'}:rooms:`;
  }

  #leave(what: 'in' | 'said', rooms: string[]): void {
    const key = `${this.#prefix}${what}:${this.#own}`;
    try {
      if (rooms.length > 0) localStorage.setItem(key, [Date.now(), ...rooms].join(' '));
      else localStorage.removeItem(key);
    } catch {
      // Storage is blocked or full: then each tab beats by itself, or speaks for its rooms itself.
    }
  }

  #left(what: 'in' | 'said'): string[] {
    try {
      const entries = Object.entries<string>(localStorage).filter(([key]) => key.startsWith(`${this.#prefix}${what}:`));
      return entries.flatMap(([key, text]) => {
        const [at, ...rooms] = text.split(' ');
        if (Date.now() - Number(at) < LAPSE) return rooms;
        localStorage.removeItem(key);
        return [];
      });
    } catch {
      return [];
    }
  }
}

/** Whether nobody looks at the page. A frame or form that it names `hidden` takes the place of `document.hidden`. */
export function isHidden(): boolean {
  return globalThis.document?.visibilityState === 'hidden';
}

function seenIn(answer: string): Seen[] {
  try {
    const { rooms } = JSON.parse(answer) as { rooms?: unknown };
    return Array.isArray(rooms) ? (rooms as Seen[]).filter((seen) => typeof seen?.roomId === 'string') : [];
  } catch {
    return [];
  }
}
