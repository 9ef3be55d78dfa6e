/*
 * Visits as a tracker reports them, made without a browser: many people over many hours. Their ids are made here, as their times are.
 */
import { randomBytes } from 'node:crypto';

const HOUR = 3_600_000;

/** A UUID of version 7 for a moment in milliseconds. */
export function uuid7(at) {
  const time = Math.floor(at).toString(16).padStart(12, '0');
  const chance = randomBytes(10).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${chance.slice(0, 3)}-8${chance.slice(3, 6)}-${chance.slice(6, 18)}`;
}

/** One visit that is over, as one beacon. Of its `given` event numbers those in `lost` never come, and `dropped` are declared. */
export async function visit(origin, { userId, hoursAgo, seconds, sections, reason = 'app_close', given = sections.length, lost = [], dropped = [] }) {
  const now = Date.now();
  const from = now - hoursAgo * HOUR;
  const iso = (at) => new Date(at).toISOString();
  const numbers = Array.from({ length: given }, (_, index) => index + 1).filter((seq) => !lost.includes(seq) && !dropped.includes(seq));
  const events = numbers.map((seq) => ({
    eventId: uuid7(from + seq),
    seq,
    ...(seq < sections.length ? { eventType: 'section_change' } : { eventType: seq % 3 === 0 ? 'form_submit' : 'button_click', eventData: { name: 'buy' } }),
    section: sections[Math.min(seq, sections.length - 1)],
    occurredAt: iso(from + (seconds * 1_000 * seq) / (given + 1)),
  }));
  const body = {
    sessionId: uuid7(from),
    tabId: uuid7(from),
    epoch: 1,
    sentAt: iso(now),
    lastSeq: given,
    ...(dropped.length && { dropped: [{ reason: 'queue_full', count: dropped.length, seq: dropped.map((seq) => [seq, seq]) }] }),
    start: { userId, section: sections[0], replace: 'none', startedAt: iso(from) },
    events,
    heartbeat: { activity: 'active', activityCount: given, activeSeconds: seconds * 0.6 },
    ...(reason && { end: { reason, endedAt: iso(from + seconds * 1_000) } }),
  };
  const reply = await fetch(`${origin}/api/sessions/batch`, { method: 'POST', headers: { 'content-type': 'text/plain;charset=UTF-8' }, body: JSON.stringify(body) });
  if (!reply.ok) throw new Error(`A visit was not taken: ${reply.status} ${await reply.text()}`);
}

/** A day of a small site: more people by day than by night, and one tab that lost two events. */
export async function aDayOfVisits(origin) {
  const walks = [['home'], ['home', 'pricing'], ['home', 'docs', 'pricing'], ['docs'], ['home', 'pricing', 'contact', 'docs']];
  for (let hoursAgo = 23; hoursAgo >= 1; hoursAgo -= 1) {
    const people = Math.round(4 + 3 * Math.sin((hoursAgo / 24) * 2 * Math.PI));
    for (let person = 0; person < people; person += 1) {
      const sections = walks[(hoursAgo + person) % walks.length];
      const seconds = [4, 20, 45, 130, 400, 900, 2_400][(hoursAgo * 3 + person) % 7];
      await visit(origin, { userId: `person-${(hoursAgo * 5 + person) % 40}`, hoursAgo, seconds, sections, given: sections.length + person, reason: person === 3 ? 'logout' : 'app_close' });
    }
  }
  await visit(origin, { userId: 'person-gap', hoursAgo: 2, seconds: 90, sections: ['home', 'pricing'], given: 8, lost: [4, 5], dropped: [7] });
}
