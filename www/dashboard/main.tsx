/*
 * The dashboard: what the server says of everybody's sessions, at this moment and over a time to be chosen. It reads the operator's routes of
 * the session API and nothing else.
 */
import 'uplot/dist/uPlot.min.css';
import { StrictMode, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import type { JobStats, Online, Summary, Timeline } from './api';
import { Delivery } from './delivery';
import { TokenDoor } from './door';
import { clock, duration, lengthName, number, percent, plural } from './format';
import { Jobs } from './jobs';
import { Counts, Panel, Waiting } from './parts';
import { People } from './people';
import { usePolled, type Polled } from './polled';
import { Series } from './series';

/* Hours as long as they can be told apart on a wide screen. */
const RANGES = [
  { daysBack: 1, name: '24 hours', bucket: 'hour' },
  { daysBack: 7, name: '7 days', bucket: 'hour' },
  { daysBack: 30, name: '30 days', bucket: 'hour' },
  { daysBack: 90, name: '90 days', bucket: 'day' },
] as const;
type Range = (typeof RANGES)[number];

const ENDINGS: Record<string, string> = {
  app_close: 'Page closed',
  logout: 'Signed out',
  timeout: 'Timed out',
  manual: 'Ended by the application',
  replaced: 'Replaced by another',
  crash: 'Crashed',
};

function Dashboard() {
  const [range, setRange] = useState<Range>(RANGES[0]);
  const online = usePolled<Online>('/api/analytics/online', 2);
  const summary = usePolled<Summary>(`/api/analytics/summary?daysBack=${range.daysBack}`, 10);
  const timeline = usePolled<Timeline>(`/api/analytics/timeline?daysBack=${range.daysBack}&bucket=${range.bucket}`, 10);
  const jobs = usePolled<JobStats>('/api/admin/cleanup/stats', 10);
  return (
    <>
      <fieldset className="ranges">
        <legend className="unseen">Time shown</legend>
        {RANGES.map((each) => (
          <label key={each.daysBack}>
            <input type="radio" name="range" checked={each === range} onChange={() => setRange(each)} />
            <span>{each.name}</span>
          </label>
        ))}
      </fieldset>
      <News all={[online, summary, timeline, jobs]} />
      <Figures online={online} summary={summary} />
      <TwoSeries timeline={timeline} />
      <div className="split">
        <People online={online} />
        <Delivery summary={summary} />
      </div>
      <div className="quarters">
        <Breakdowns summary={summary} />
      </div>
      <Jobs jobs={jobs} />
    </>
  );
}

/** Says when something is wrong, and when all is well again; not at every answer. */
function News({ all }: { all: readonly Polled<unknown>[] }) {
  const failed = all.find((polled) => polled.status === 'failed');
  const newest = Math.max(...all.map((polled) => (polled.status === 'ready' ? polled.at : 0)));
  return (
    <p className="news">
      <span role="status" className={failed ? 'trouble' : 'unseen'}>
        {failed ? `${failed.trouble} Trying again; the figures are those of the last answer.` : all.every((polled) => polled.status === 'ready') && 'Connected.'}
      </span>
      {!failed && newest > 0 && <span className="soft">Updated {clock(newest)}</span>}
    </p>
  );
}

function Figures({ online, summary }: { online: Polled<Online>; summary: Polled<Summary> }) {
  const { value: here } = online;
  const { value: whole } = summary;
  const figures = [
    { name: 'Online now', value: here && number(here.onlineUsers), more: here && `${plural(here.onlineSessions, 'session')}, ${number(here.activeSessions)} open`, isMain: true },
    { name: 'Sessions', value: whole && number(whole.totalSessions), more: 'began in this time' },
    { name: 'People', value: whole && number(whole.totalUsers), more: 'different ones' },
    { name: 'Average length', value: whole && duration(whole.averageDurationSeconds), more: 'of a session' },
    { name: 'Average attention', value: whole && duration(whole.averageActiveSeconds), more: 'visible and in use' },
    { name: 'Delivered', value: whole && (whole.delivery.completeness === null ? '–' : percent(whole.delivery.completeness)), more: whole && `${number(whole.delivery.missing)} missing` },
  ];
  return (
    <dl className="tiles">
      {figures.map(({ name, value, more, isMain }) => (
        <div key={name} className={isMain ? 'card main' : 'card'}>
          <dt>{name}</dt>
          <dd className="value">{value ?? <span className="waiting">…</span>}</dd>
          <dd className="soft">{more ?? ' '}</dd>
        </div>
      ))}
    </dl>
  );
}

function TwoSeries({ timeline }: { timeline: Polled<Timeline> }) {
  const { value } = timeline;
  const [sessions, events] = useMemo(() => {
    const barsOf = (what: 'sessions' | 'events') => (value?.points ?? []).map((point) => ({ at: point.at, count: point[what] }));
    return [barsOf('sessions'), barsOf('events')];
  }, [value]);
  if (!value) return <div className="halves">{['Sessions', 'Events'].map((title) => <section key={title} className="card tall"><h2>{title}</h2><Waiting polled={timeline} /></section>)}</div>;
  return (
    <div className={timeline.status === 'loading' ? 'halves stale' : 'halves'}>
      <Series title={`Sessions per ${value.bucket}`} what="session" bucket={value.bucket} bars={sessions} />
      <Series title={`Events per ${value.bucket}`} what="event" bucket={value.bucket} bars={events} />
    </div>
  );
}

function Breakdowns({ summary }: { summary: Polled<Summary> }) {
  return (
    <>
      <Panel title="Durations" polled={summary}>
        {({ durations }) => <Counts caption="Sessions by their length" heads={['Length', 'sessions']} empty="No sessions in this time." counts={durations.map((each) => ({ name: lengthName(each), count: each.sessions }))} />}
      </Panel>
      <Panel title="Sections" polled={summary}>
        {({ sections }) => <Counts caption="Sections by how often they were entered" heads={['Section', 'entries']} empty="No section was entered in this time." counts={sections.map(({ section, count }) => ({ name: section, count }))} />}
      </Panel>
      <Panel title="Events" polled={summary}>
        {({ eventTypes }) => <Counts caption="Events by their type" heads={['Type', 'events']} empty="No event came in this time." counts={eventTypes.map(({ eventType, count }) => ({ name: eventType, count }))} />}
      </Panel>
      <Panel title="Endings" polled={summary}>
        {({ endReasons }) => <Counts caption="Sessions by how they ended" heads={['How', 'sessions']} empty="No session ended in this time." counts={Object.entries(endReasons).map(([reason, count]) => ({ name: ENDINGS[reason] ?? reason, count })).sort((one, other) => other.count - one.count)} />}
      </Panel>
    </>
  );
}

createRoot(document.getElementById('main')!).render(
  <StrictMode>
    <h1>Dashboard</h1>
    <TokenDoor><Dashboard /></TokenDoor>
  </StrictMode>,
);
