/* What several panels are made of: a panel that waits, fails and shows, and counts as a table with bars in it. */
import { useState, type ReactNode } from 'react';
import { number } from './format';
import type { Polled } from './polled';

/** Rows that a table of counts shows before it is asked for more. */
const FIRST_ROWS = 8;

interface PanelProps<Value> {
  title: string;
  /** How the figures are to be understood. */
  note?: ReactNode;
  className?: string;
  polled: Polled<Value>;
  children: (value: Value) => ReactNode;
}

/** A card with its title. While it waits for the first answer it is as high as it will be, and what it showed last stays if the next one fails. */
export function Panel<Value>({ title, note, className = '', polled, children }: PanelProps<Value>) {
  const isWaiting = polled.status === 'loading';
  return (
    <section className={`card ${className}`} aria-busy={isWaiting}>
      <h2>{title}</h2>
      {note && <p className="note">{note}</p>}
      {polled.value !== undefined ? (
        <div className={isWaiting ? 'stale' : undefined}>{children(polled.value)}</div>
      ) : (
        <Waiting polled={polled} />
      )}
    </section>
  );
}

/** In place of what is not there yet, or could not be had. */
export function Waiting({ polled }: { polled: Polled<unknown> }) {
  return polled.status === 'failed' ? <p className="empty">{polled.trouble}</p> : <p className="empty waiting">Loading…</p>;
}

export interface Count {
  name: string;
  count: number;
}

interface CountsProps {
  /** What the table says, for whoever cannot see the heading above it. */
  caption: string;
  /** The heads of its columns. */
  heads: readonly [name: string, count: string];
  counts: readonly Count[];
  /** In place of a table without a row. */
  empty: string;
}

/** Counts as a table; the bars in it are for the eye alone. */
export function Counts({ caption, heads, counts, empty }: CountsProps) {
  const [isWhole, setIsWhole] = useState(false);
  const most = Math.max(1, ...counts.map(({ count }) => count));
  if (counts.every(({ count }) => count === 0)) return <p className="empty">{empty}</p>;
  return (
    <>
      <table className="counts">
        <caption className="unseen">{caption}</caption>
        <thead><tr><th scope="col">{heads[0]}</th><th scope="col" className="figure">{heads[1]}</th></tr></thead>
        <tbody>
          {counts.slice(0, isWhole ? undefined : Math.max(FIRST_ROWS, counts.length === FIRST_ROWS + 1 ? FIRST_ROWS + 1 : 0)).map(({ name, count }) => (
            <tr key={name}>
              <th scope="row">
                <span className="name" title={name}>{name}</span>
                <span className="bar" aria-hidden="true" style={{ width: `${(count / most) * 100}%` }} />
              </th>
              <td className="figure">{number(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {counts.length > FIRST_ROWS + 1 && (
        <button type="button" className="quiet small" aria-expanded={isWhole} onClick={() => setIsWhole(!isWhole)}>
          {isWhole ? `Show the first ${FIRST_ROWS}` : `Show all ${number(counts.length)}`}
        </button>
      )}
    </>
  );
}
