/*
 * A backend of your own: the core profile of the session API as five handlers, with nothing but Node. It keeps sessions in memory and lets
 * callers name themselves; put your database where `sessions` is and your login where `userOf` is. It lets nothing be lost, stored twice or
 * written by strangers, and session-conformance says so: make test-conformance.
 *
 *     node www/examples/own-backend/backend.mjs            PORT and ALLOW_ORIGIN (a page of another origin) may be set
 */
import { randomUUID } from 'node:crypto';
import { invalid, Problem, serve, text, uuid } from './http.mjs';

export const sessions = new Map(); // by id; each with its events, by their ids

const REASONS = ['logout', 'manual', 'timeout', 'replaced', 'crash', 'app_close'];
const RESUME_MILLISECONDS = 30 * 60_000;

const notFound = () => new Problem(404, 'session-not-found', 'Session not found or inactive');

/* Each handler gets what was sent and gives [status, reply]. Every one may be sent again, for its reply may be lost. */
const handlers = {
  /* A known id is the same session, and takes a provisional end back. The token is what later writes and beacons show. */
  'POST start': ({ body }) => {
    const id = uuid(body, 'sessionId') ?? randomUUID();
    const [known, userId, section, now] = [sessions.get(id), userOf(body) ?? `anon:${uuid(body, 'deviceId') ?? id}`, text(body, 'section'), Date.now()];
    if (known && known.userId !== userId) throw notFound();
    if (known) return [200, { ...shown(contact(known, body)), token: known.token }];
    const session = { id, userId, token: randomUUID(), startedAt: now, lastContact: now, epoch: body.epoch ?? 1, events: new Map() };
    sessions.set(id, { ...session, section, sectionSince: now, entered: section ? [section] : [] });
    return [201, { ...shown(sessions.get(id)), token: session.token }];
  },

  /* With an eventId a section change, which an earlier one may overtake on its way; without, a heartbeat. */
  'POST update': ({ body }) => {
    const session = own(body);
    const [eventId, section] = [uuid(body, 'eventId'), text(body, 'section')];
    const at = Date.parse(text(body, 'occurredAt')) || Date.now();
    if (!eventId || !isOver(session)) contact(session, body);
    if (eventId && section && store(session, eventId, { eventType: 'section_change', section, at })) session.entered.push(section);
    if (section && at > session.sectionSince) Object.assign(session, { section, sectionSince: at });
    return [200, shown(session)];
  },

  /* `app_close` (the page was left) is provisional, and void if another page has come since. The first final end stands. */
  'POST end': ({ body }) => {
    const session = own(body);
    const [reason, epoch] = [text(body, 'reason') ?? 'manual', body.epoch ?? session.epoch];
    if (!REASONS.includes(reason)) throw invalid('/reason', `is one of ${REASONS.join(', ')}`);
    const stands = reason === 'app_close' ? session.ended || epoch < session.epoch : isOver(session);
    if (!stands) session.ended = { reason, epoch, at: session.ended?.at ?? Date.now() };
    return [200, shown(session)];
  },

  /* Events come after the end too: what a closed page could not send comes with the next one. */
  'POST log-event': ({ body }) => {
    const session = own(body);
    const [eventId, eventType] = [uuid(body, 'eventId') ?? randomUUID(), text(body, 'eventType')];
    if (!eventType) throw invalid('/eventType', 'is a text that says what happened');
    const created = store(session, eventId, { eventType, eventData: body.eventData ?? null, section: text(body, 'section') });
    return [created ? 201 : 200, { ...shown(session), eventId }];
  },

  'GET stats': ({ query }) => {
    const daysBack = Number(query.daysBack ?? 30);
    if (!Number.isInteger(daysBack) || daysBack < 1 || daysBack > 365) throw invalid('?daysBack', 'is a whole number from 1 to 365');
    const userId = userOf(query);
    if (!userId) throw invalid('?userId', 'names the caller');
    const mine = [...sessions.values()].filter((session) => session.userId === userId);
    const recent = mine.filter(({ startedAt }) => startedAt > Date.now() - daysBack * 86_400_000);
    const seconds = recent.map(({ startedAt, lastContact, ended }) => Math.floor(((ended?.at ?? lastContact) - startedAt) / 1000));
    const totalSeconds = seconds.reduce((sum, one) => sum + one, 0);
    const counts = new Map();
    for (const section of recent.flatMap(({ entered }) => entered)) counts.set(section, (counts.get(section) ?? 0) + 1);
    const last = recent.length ? time(Math.max(...recent.map(({ startedAt }) => startedAt))) : null;
    const averageSeconds = Math.floor(totalSeconds / (recent.length || 1));
    const activeSessions = mine.filter(({ ended }) => !ended).length;
    const sectionCounts = Object.fromEntries(counts);
    return [200, { userId, daysBack, totalSessions: recent.length, totalSeconds, averageSeconds, sectionCounts, lastSessionStart: last, activeSessions }];
  },
};

/* Who asks. Here whoever they say; with a login, the subject of the verified bearer token in `authorization`. */
const userOf = (said) => text(said, 'userId');

/* The session that a write names, if it is the caller's: shown by the session's token, or by who they are. */
function own(body) {
  const session = sessions.get(uuid(body, 'sessionId'));
  const token = text(body, 'token');
  if (!token && (!session || session.userId !== userOf(body))) throw notFound();
  if (token && session?.token !== token) {
    const isKnown = [...sessions.values()].some((other) => other.token === token);
    throw isKnown ? new Problem(403, 'forbidden', 'The token is for another session.') : new Problem(401, 'token-invalid', 'Start the session again.');
  }
  if (!session) throw notFound();
  return session;
}

/* A sign of life, which takes a provisional end back unless it was sent before that. */
function contact(session, body) {
  const { ended, epoch } = session;
  if (isOver(session)) throw new Problem(410, 'session-ended', `It ended as ${ended.reason}.`, { endReason: ended.reason });
  if (ended && (body.epoch ?? epoch + 1) > ended.epoch) session.ended = undefined;
  return Object.assign(session, { epoch: Math.max(epoch, body.epoch ?? epoch), lastContact: Date.now() });
}

const isOver = ({ ended }) => ended && (ended.reason !== 'app_close' || Date.now() > ended.at + RESUME_MILLISECONDS);

/* Stores an event unless its id is known: that is all that deduplication takes. */
function store(session, eventId, event) {
  const isNew = !session.events.has(eventId);
  if (isNew) session.events.set(eventId, event);
  return isNew;
}

const time = (milliseconds) => new Date(milliseconds).toISOString();

function shown({ id, userId, section, startedAt, ended }) {
  const end = ended && { endReason: ended.reason, endedAt: time(ended.at), totalDurationSeconds: Math.floor((ended.at - startedAt) / 1000) };
  return { sessionId: id, userId, status: ended ? 'ended' : 'active', startedAt: time(startedAt), section: section ?? null, ...end };
}

export const server = serve(handlers);
