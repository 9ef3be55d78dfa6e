/*
 * Sessions by the functions of the database alone, for a Supabase project without the session server: supabase-js calls them, and they do what the
 * API does. There is no beacon to a function, and no queue here: an application that can reach the API takes the tracker.
 */
import type { Answer, Problem } from './api.js';
import { described } from './described.js';
import { uuid7 } from './uuid.js';

export type { Answer, Problem };

/** As much of supabase-js's client as is used. */
export interface RpcClient {
  /** Calls a function of the database. */
  rpc(name: string, values: Record<string, unknown>): PromiseLike<{ data: unknown; error: { message: string; code?: string } | null }>;
}

/** An event as `trackUserInteraction()` takes it. */
export interface UserInteraction {
  /** 1 to 200 characters. */
  eventType: string;
  /** What JSON can hold, at most 32,768 bytes of it. */
  eventData?: unknown;
}

/** What became of an event: it is stored, or was there already. */
export interface StoredInteraction {
  /** The event's id: a UUID. */
  readonly eventId: string;
  /** `accepted`, or `duplicate` of one that is stored, or why it was `rejected`. */
  readonly fate: string;
}

/** A session, as the database has it. */
export interface StartedSession {
  /** A UUID. */
  readonly sessionId: string;
  /** The subject of the request's token. */
  readonly userId: string;
  /** RFC 3339, by the database's clock. */
  readonly startedAt: string;
}

/** Events in one call; more are sent in several. */
export const BATCH_INTERACTIONS = 500;

type Row = Record<string, string>;

/** Sessions by the database's own functions. Whose they are, the client's login says. No method throws or rejects. */
export class SupabaseSessions {
  #client: RpcClient;

  /** Nothing is asked before the first call. */
  constructor(client: RpcClient) {
    this.#client = client;
  }

  /** Begins a session, and ends those of this device that go on, if a device is named. */
  async startUserSession({ section, deviceId, platform = 'web' }: { section?: string; deviceId?: string; platform?: string } = {}): Promise<Answer<StartedSession>> {
    const answer = await this.#call('start_user_session', { p_session_id: uuid7(), p_section: section, p_device_id: deviceId, p_platform: platform });
    return first(answer, (row) => ({ sessionId: row.session_id!, userId: row.user_id!, startedAt: row.started_at! }));
  }

  /** Says where the person is. */
  async updateSessionSection(sessionId: string, section: string): Promise<Answer<{ readonly section: string }>> {
    const answer = await this.#call('update_session_section', { p_session_id: sessionId, p_section: section, p_event_id: uuid7() });
    return first(answer, (row) => ({ section: row.app_section! }));
  }

  /** Stores one event. */
  async trackUserInteraction(sessionId: string, { eventType, eventData }: UserInteraction): Promise<Answer<StoredInteraction>> {
    const answer = await this.#call('track_user_interaction', { p_session_id: sessionId, p_event_type: eventType, p_event_data: eventData, p_event_id: uuid7() });
    return first(answer, interaction);
  }

  /** Stores many, and says of each what became of it, in their order. 500 travel together; those after a call that failed are not sent. */
  async batchTrackUserInteractions(sessionId: string, interactions: readonly UserInteraction[]): Promise<Answer<readonly StoredInteraction[]>> {
    const stored: StoredInteraction[] = [];
    for (let from = 0; from < interactions.length; from += BATCH_INTERACTIONS) {
      const batch = interactions.slice(from, from + BATCH_INTERACTIONS).map((each) => ({ ...each, eventId: uuid7() }));
      const answer = await this.#call('batch_track_user_interactions', { p_session_id: sessionId, p_interactions: batch });
      if (!answer.ok) return answer;
      stored.push(...answer.value.map(interaction));
    }
    return { ok: true, value: stored };
  }

  /** Ends a session, once: what ended it first, stays. `manual` unless another reason is given. */
  async endUserSession(sessionId: string, reason: 'logout' | 'manual' | 'app_close' = 'manual'): Promise<Answer<{ readonly endedAt: string; readonly reason: string }>> {
    const answer = await this.#call('end_user_session', { p_session_id: sessionId, p_reason: reason });
    return first(answer, (row) => ({ endedAt: row.ended_at!, reason: row.end_reason! }));
  }

  /* Members that are undefined do not travel, so that the function's own defaults hold. */
  async #call(name: string, values: Record<string, unknown>): Promise<Answer<Row[]>> {
    try {
      const { data, error } = await this.#client.rpc(name, values);
      if (!error) return { ok: true, value: Array.isArray(data) ? (data as Row[]) : [] };
      // A refusal's code is PT and the HTTP status.
      const status = Number(/^PT(\d{3})$/.exec(error.code ?? '')?.[1] ?? 0);
      return { ok: false, problem: { type: status ? 'refused' : 'unreachable', status, detail: error.message } };
    } catch (cause) {
      return { ok: false, problem: { type: 'unreachable', status: 0, detail: described(cause) } };
    }
  }
}

function first<Value>(answer: Answer<Row[]>, read: (row: Row) => Value): Answer<Value> {
  if (!answer.ok) return answer;
  const [row] = answer.value;
  return row ? { ok: true, value: read(row) } : { ok: false, problem: { type: 'unreachable', status: 0, detail: 'The function gave no row: are the migrations applied?' } };
}

function interaction(row: Row): StoredInteraction {
  return { eventId: row.event_id!, fate: row.fate! };
}
