/* What the server does by itself: its jobs, and their last runs. */
import type { JobStats } from './api';
import { distance, interval, number } from './format';
import { Panel } from './parts';
import type { Polled } from './polled';

const WHAT: Record<string, string> = {
  end_inactive_sessions: 'ends sessions that nothing was heard of',
  cleanup_inactive_sessions: 'removes rooms that nobody is in',
  cleanup_old_sessions: 'removes history that is old enough',
};

export function Jobs({ jobs: polled }: { jobs: Polled<JobStats> }) {
  return (
    <Panel title="Jobs" polled={polled}>
      {({ isRunning, jobs, runs, serverTime }) => (
        <>
          {!isRunning && <p className="trouble">This server runs no jobs by itself: another one has to, or nothing is cleaned up.</p>}
          <div className="scroll" tabIndex={0} role="region" aria-label="Jobs, as a table">
            <table className="plain">
              <thead>
                <tr><th scope="col">Job</th><th scope="col" className="figure">Every</th><th scope="col" className="figure">Last run</th><th scope="col" className="figure">Next run</th><th scope="col" className="figure">Rows, all runs</th><th scope="col" className="figure">Failures</th></tr>
              </thead>
              <tbody>
                {jobs.map(({ job, everySeconds, lastRunAt, nextRunAt, isRunning: isAtIt, count, failures }) => (
                  <tr key={job}>
                    <th scope="row"><code>{job}</code> <span className="soft">{WHAT[job]}</span></th>
                    <td className="figure">{interval(everySeconds)}</td>
                    <td className="figure">{lastRunAt ? distance(lastRunAt, serverTime) : 'not yet'}</td>
                    <td className="figure">{isAtIt ? 'running' : nextRunAt ? distance(nextRunAt, serverTime) : '–'}</td>
                    <td className="figure">{number(count)}</td>
                    <td className={failures > 0 ? 'figure trouble' : 'figure'}>{number(failures)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {runs.length > 0 && (
            <details>
              <summary>Last runs</summary>
              <div className="scroll" tabIndex={0} role="region" aria-label="Last runs, as a table">
                <table className="plain">
                  <thead><tr><th scope="col">Job</th><th scope="col" className="figure">Began</th><th scope="col" className="figure">Took</th><th scope="col" className="figure">Rows</th><th scope="col">Error</th></tr></thead>
                  <tbody>
                    {runs.map(({ job, startedAt, finishedAt, count, error }) => (
                      <tr key={`${job} ${startedAt}`}>
                        <th scope="row"><code>{job}</code></th>
                        <td className="figure">{distance(startedAt, serverTime)}</td>
                        <td className="figure">{finishedAt ? `${number(Date.parse(finishedAt) - Date.parse(startedAt))} ms` : 'running'}</td>
                        <td className="figure">{number(count)}</td>
                        <td className={error ? 'trouble' : undefined}>{error ?? 'none'}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </details>
          )}
        </>
      )}
    </Panel>
  );
}
