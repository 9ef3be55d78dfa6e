/*
 * The live page: one table row for each session, which changes as the session does, and one for each event, newest first.
 * Whatever comes from a visitor is shown as text, never as markup.
 */
import { follow, serviceToken } from './feed.js';

/** Rows kept in each table; older ones are in the database. */
const ROWS = 200;

const at = (id) => document.getElementById(id);
const sessions = new Map();
let events = 0;
const troubles = new Map();

try {
  const token = await serviceToken();
  void follow('sessions', token, (rows) => rows.forEach(showSession), (trouble) => tell('sessions', trouble));
  void follow('events', token, (rows) => rows.forEach(showEvent), (trouble) => tell('events', trouble));
  setInterval(showDurations, 1000);
} catch (cause) {
  tell('token', cause.message);
}

function showSession(session) {
  const known = sessions.get(key(session));
  const row = known?.row ?? document.createElement('tr');
  sessions.set(key(session), { session, row });
  row.dataset.session = session.sessionId;
  row.replaceChildren(
    cell('Status', status(session)),
    section(session),
    cell('Who', who(session)),
    cell('Started', time(session.startedAt)),
    cell('For', text(duration(lasted(session)))),
    cell('Active', text(duration(session.activeSeconds ?? 0))),
  );
  if (!known) at('session-rows').prepend(row);
  flash(row);
  forgetOldest();
  showFigures();
}

function showEvent(event) {
  events += 1;
  const row = document.createElement('tr');
  row.dataset.event = event.eventId;
  const name = document.createElement('div');
  name.append(text(event.eventType), document.createElement('br'));
  if (event.eventData != null) {
    const data = code(JSON.stringify(event.eventData));
    data.className = 'data';
    name.append(data);
  }
  row.append(
    cell('Time', time(event.occurredAt)),
    cell('Event', name),
    section(event),
    cell('Session', code(event.sessionId.slice(-6), event.sessionId)),
  );
  at('event-rows').prepend(row);
  flash(row);
  while (at('event-rows').rows.length > ROWS) at('event-rows').lastElementChild.remove();
  showFigures();
}

function forgetOldest() {
  while (sessions.size > ROWS) {
    const [oldest, { row }] = sessions.entries().next().value;
    row.remove();
    sessions.delete(oldest);
  }
}

function showFigures() {
  const present = [...sessions.values()].filter(({ session }) => !session.endedAt).length;
  at('present').textContent = String(present);
  at('sessions').textContent = String(sessions.size);
  at('events').textContent = String(events);
}

function showDurations() {
  for (const { session, row } of sessions.values()) {
    if (!session.endedAt) row.cells[4].textContent = duration(lasted(session));
  }
}

function tell(from, trouble) {
  if (trouble) troubles.set(from, trouble);
  else troubles.delete(from);
  const news = [...troubles.values()][0] ?? 'Connected. New rows appear by themselves.';
  if (at('news').textContent === news) return;
  at('news').textContent = news;
  at('news').className = troubles.size > 0 ? 'trouble' : 'soft';
}

/* An id is unique for one user only. */
function key({ userId, sessionId }) {
  return `${userId} ${sessionId}`;
}

function lasted({ startedAt, endedAt, totalDurationSeconds }) {
  if (endedAt) return totalDurationSeconds ?? 0;
  return Math.max(0, Math.floor((Date.now() - Date.parse(startedAt)) / 1000));
}

function duration(fraction) {
  const seconds = Math.floor(fraction);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function status({ status: name, endedAt, endReason }) {
  const span = document.createElement('span');
  span.className = 'status';
  span.dataset.status = endedAt ? 'ended' : name;
  span.textContent = endReason ? `ended: ${endReason}` : name;
  return span;
}

function who({ userId, platform, deviceInfo, sessionId }) {
  const place = document.createElement('div');
  const device = [deviceInfo?.browser, deviceInfo?.os].filter(Boolean).join(', ');
  place.append(code(userId.length > 20 ? `${userId.slice(0, 5)}…${userId.slice(-6)}` : userId, userId), document.createElement('br'));
  place.append(text([platform, device].filter(Boolean).join(' · ')), document.createElement('br'), code(sessionId.slice(-6), sessionId));
  return place;
}

function time(instant) {
  const element = document.createElement('time');
  element.dateTime = instant;
  element.textContent = new Date(instant).toLocaleTimeString(undefined, { hourCycle: 'h23' });
  return element;
}

function cell(label, content) {
  const element = document.createElement('td');
  element.dataset.label = label;
  if (label === 'Who' || label === 'Event') element.className = 'wide';
  element.append(content);
  return element;
}

function section({ section: name }) {
  const element = cell('Section', text(name ?? ''));
  element.className = 'clipped';
  element.title = name ?? '';
  return element;
}

function code(shown, whole = shown) {
  const element = document.createElement('code');
  element.textContent = shown;
  element.title = whole;
  return element;
}

function text(value) {
  return document.createTextNode(String(value));
}

function flash(row) {
  row.classList.remove('fresh');
  // Reading the layout lets the same animation start again.
  void row.offsetWidth;
  row.classList.add('fresh');
}
