/*
 * For other people's tests: does a backend do what the tracker needs of it? It asks over HTTP, as any client would, so it runs in Node as in a page.
 */
import { Api, type Answer, type ApiOptions } from './api.js';
import { uuid7 } from './uuid.js';

export type { Answer, ApiOptions };

/** Which backend is meant: `endpoint` is `/api/sessions` unless it says otherwise, and in Node must be a whole address. */
export type TestOptions = Omit<ApiOptions, 'userId'>;

/** What `verifyUserSession()` finds. */
export interface UserSessionReport {
  /** Whether the user has a session that goes on. */
  readonly success: boolean;
  /** Those sessions. */
  readonly sessionIds: readonly string[];
  /** Why there is no answer. */
  readonly error?: string;
}

/** What `verifySessionEvents()` and `testSessionAndEventCreation()` find. */
export interface SessionEventsReport {
  /** Whether every event that was sent is there, and the session exists. */
  readonly success: boolean;
  /** Which session was looked at. */
  readonly sessionId: string;
  /** Events stored, without the backend's own `session_start` and `session_end`. */
  readonly eventCount: number;
  /** Why there is no answer, or what is missing. */
  readonly error?: string;
}

interface StoredEvent {
  readonly eventType: string;
}

const OWN_EVENTS = ['session_start', 'session_end'];

/* Enough to tell one from many. */
const TEST_EVENTS = 3;

/** Checks of a backend by the names of its own words. None of them throws or rejects. */
export const analyticsTestHelpers = {
  /** Whether a user has a session that goes on. */
  async verifyUserSession(userId: string, options: TestOptions = {}): Promise<UserSessionReport> {
    const answer = await apiFor(userId, options).get<{ sessions?: readonly { sessionId: string }[] }>('/active');
    if (!answer.ok) return { success: false, sessionIds: [], error: answer.problem.detail };
    const sessionIds = (answer.value.sessions ?? []).map(({ sessionId }) => sessionId);
    return { success: sessionIds.length > 0, sessionIds };
  },

  /** Whether a session has stored events. `userId` is whose it is, where nobody logs in. */
  async verifySessionEvents(sessionId: string, options: TestOptions & { userId?: string } = {}): Promise<SessionEventsReport> {
    return eventsOf(new Api(options, '/api/sessions'), sessionId, 1);
  },

  /** Makes a session with three events for a user, reads them back, and ends it. */
  async testSessionAndEventCreation(userId: string, options: TestOptions = {}): Promise<SessionEventsReport> {
    const api = apiFor(userId, options);
    const given = uuid7();
    const started = await api.post<{ sessionId?: string; token?: string }>('/start', { sessionId: given, platform: 'web', section: 'test', startedAt: now(), sentAt: now(), replace: 'none' });
    if (!started.ok) return failed(given, started);
    const { sessionId = given, token } = started.value;
    for (let seq = 1; seq <= TEST_EVENTS; seq += 1) {
      const logged = await api.post('/log-event', { sessionId, token, eventId: uuid7(), seq, tabId: given, eventType: 'test_event', eventData: { seq }, occurredAt: now(), sentAt: now() });
      if (!logged.ok) return failed(sessionId, logged);
    }
    const report = await eventsOf(api, sessionId, TEST_EVENTS);
    const ended = await api.post('/end', { sessionId, token, reason: 'manual', endedAt: now(), sentAt: now() });
    return ended.ok ? report : failed(sessionId, ended, report.eventCount);
  },
};

function apiFor(userId: string, options: TestOptions): Api {
  return new Api({ ...options, userId }, '/api/sessions');
}

async function eventsOf(api: Api, sessionId: string, expected: number): Promise<SessionEventsReport> {
  const answer = await api.get<{ events?: readonly StoredEvent[] }>(`/${encodeURIComponent(sessionId)}/events`);
  if (!answer.ok) return failed(sessionId, answer);
  const eventCount = (answer.value.events ?? []).filter(({ eventType }) => !OWN_EVENTS.includes(eventType)).length;
  if (eventCount >= expected) return { success: true, sessionId, eventCount };
  return { success: false, sessionId, eventCount, error: `${expected} events or more were expected, and ${eventCount} are stored.` };
}

function failed(sessionId: string, answer: Extract<Answer<unknown>, { ok: false }>, eventCount = 0): SessionEventsReport {
  return { success: false, sessionId, eventCount, error: answer.problem.detail };
}

function now(): string {
  return new Date().toISOString();
}
