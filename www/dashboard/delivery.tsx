/*
 * Whether everything arrived: each tab numbers its events, so the server can say which numbers it has heard nothing of.
 */
import type { Delivery as Counted, Summary } from './api';
import { number, percent, plural } from './format';
import { Panel } from './parts';
import type { Polled } from './polled';

export function Delivery({ summary }: { summary: Polled<Summary> }) {
  return (
    <Panel title="Delivery" className="delivery" note="Every tab numbers its events, so each gap is known." polled={summary}>
      {({ delivery }) => (delivery.completeness === null ? <p className="empty">No event was numbered in this time.</p> : <Account delivery={delivery} share={delivery.completeness} />)}
    </Panel>
  );
}

function Account({ delivery: { given, received, dropped, missing, tabs, tabsWithGaps }, share }: { delivery: Counted; share: number }) {
  const parts = [
    { name: 'Stored', kind: 'received', count: received, says: 'arrived, each counted once' },
    { name: 'Given up', kind: 'dropped', count: dropped, says: 'declared by their tabs, with the reason' },
    { name: 'Missing', kind: 'missing', count: missing, says: 'not heard of; an offline tab may still bring them' },
  ];
  return (
    <>
      <p className="large">{percent(share)} <span className="soft">accounted for</span></p>
      <div className="stack" aria-hidden="true">
        {parts.filter(({ count }) => count > 0).map(({ kind, count }) => <span key={kind} data-part={kind} style={{ flexGrow: count }} />)}
      </div>
      <table className="plain">
        <caption className="unseen">What became of {plural(given, 'numbered event')}</caption>
        <thead className="unseen"><tr><th scope="col">What became of them</th><th scope="col">events</th></tr></thead>
        <tbody>
          {parts.map(({ name, kind, count, says }) => (
            <tr key={kind}>
              <th scope="row"><span className="key" data-part={kind} aria-hidden="true" />{name} <span className="soft">{says}</span></th>
              <td className="figure">{number(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="soft">
        {plural(given, 'event')} of {plural(tabs, 'tab')}; {tabsWithGaps === 0 ? 'no tab has a gap' : `${plural(tabsWithGaps, 'tab has', 'tabs have')} gaps`}.
      </p>
    </>
  );
}
