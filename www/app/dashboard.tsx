/* The person's own figures, as the backend counts them. */
import { useState } from 'react';
import type { SessionStats } from 'session-tracker';
import { useSessionState, useSessionStats } from 'session-tracker/react';

const DAYS = [7, 30, 90] as const;

export function Dashboard() {
  const [days, setDays] = useState<number>(30);
  const known = useSessionStats(days);
  const isLive = useSessionState((state) => state.status === 'live');
  return (
    <>
      <fieldset className="choice">
        <legend>Your sessions of the last</legend>
        {DAYS.map((each) => (
          <label key={each}><input type="radio" name="days" checked={each === days} onChange={() => setDays(each)} /> {each} days</label>
        ))}
      </fieldset>
      <div aria-live="polite" aria-busy={known.status === 'loading'}>
        {known.stats ? <Figures stats={known.stats} /> : <p className="card">{known.status === 'loading' ? 'Asking the backend…' : 'The backend did not answer. Choose another time to ask again.'}</p>}
      </div>
      <p className="soft" id="this-visit">{isLive ? 'This visit is one of them.' : 'This visit has not begun yet.'}</p>
    </>
  );
}

function Figures({ stats }: { stats: SessionStats }) {
  const figures = [
    ['Sessions', count(stats.totalSessions)],
    ['Going on', count(stats.activeSessions)],
    ['Time in all', duration(stats.totalSeconds)],
    ['Average length', duration(stats.averageSeconds)],
    ['Last one began', stats.lastSessionStart ? new Date(stats.lastSessionStart).toLocaleString('en-US', { dateStyle: 'medium', timeStyle: 'short' }) : 'never'],
  ] as const;
  const sections = Object.entries(stats.sectionCounts).sort(([, one], [, other]) => other - one);
  return (
    <>
      <dl className="own">
        {figures.map(([name, value]) => <div key={name} className="card"><dt>{name}</dt><dd>{value}</dd></div>)}
      </dl>
      <section className="card">
        <h2>Where you were</h2>
        <table>
          <thead><tr><th scope="col">Section</th><th scope="col">Times entered</th></tr></thead>
          <tbody>{sections.map(([section, times]) => <tr key={section}><th scope="row">{section}</th><td>{count(times)}</td></tr>)}</tbody>
        </table>
      </section>
    </>
  );
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min ${Math.floor(seconds) % 60} s` : `${Math.floor(seconds)} s`;
}
