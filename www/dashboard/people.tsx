/* Who is online: one row for each session that was heard of lately, newest first. What visitors chose is shown as text. */
import type { Online, OnlineSession } from './api';
import { distance, number, plural } from './format';
import { Panel } from './parts';
import type { Polled } from './polled';

export function People({ online }: { online: Polled<Online> }) {
  return (
    <Panel title="Online now" className="people" note="Sessions that were heard of within three heartbeats. A hidden page is silent." polled={online}>
      {({ sessions, onlineSessions, serverTime }) =>
        sessions.length === 0 ? (
          <p className="empty">Nobody is here at the moment.</p>
        ) : (
          <div className="scroll" tabIndex={0} role="region" aria-label="Online now, as a table">
            <table className="plain">
              <thead>
                <tr><th scope="col">Who</th><th scope="col">Section</th><th scope="col">State</th><th scope="col">From</th><th scope="col" className="figure">Here since</th><th scope="col" className="figure">Last heard of</th></tr>
              </thead>
              <tbody>
                {sessions.map((session) => <Row key={`${session.userId} ${session.sessionId}`} session={session} serverTime={serverTime} />)}
              </tbody>
            </table>
            {onlineSessions > sessions.length && <p className="soft">The newest {number(sessions.length)} of {plural(onlineSessions, 'session')}.</p>}
          </div>
        )
      }
    </Panel>
  );
}

function Row({ session, serverTime }: { session: OnlineSession; serverTime: string }) {
  const { userId, section, status, platform, deviceInfo, startedAt, lastContactAt } = session;
  return (
    <tr data-session={session.sessionId}>
      <th scope="row"><code title={userId}>{shortened(userId)}</code></th>
      <td className="clipped" title={section ?? undefined}>{section ?? '–'}</td>
      <td><span className="status" data-status={status}>{status}</span></td>
      <td className="clipped">{[platform, deviceInfo?.browser, deviceInfo?.os].filter(Boolean).join(' · ')}</td>
      <td className="figure"><time dateTime={startedAt}>{distance(startedAt, serverTime)}</time></td>
      <td className="figure"><time dateTime={lastContactAt}>{distance(lastContactAt, serverTime)}</time></td>
    </tr>
  );
}

function shortened(userId: string): string {
  return userId.length > 20 ? `${userId.slice(0, 9)}…${userId.slice(-6)}` : userId;
}
