/*
 * A series of counts over time, drawn by uPlot: a bar for each bucket. A canvas says nothing to a screen reader and hears no key, so the
 * plot is a slider over its buckets beside it, and there is a table for whoever wants the figures.
 */
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import uPlot from 'uplot';
import { bucketName, number, plural } from './format';

const HEIGHT_PIXELS = 240;

/** Steps of the scale: whole ones, for half a session is none. */
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];

export interface Bar {
  at: string;
  count: number;
}

interface SeriesProps {
  title: string;
  /** What is counted, once: `session`. */
  what: string;
  bucket: 'hour' | 'day';
  bars: readonly Bar[];
}

export function Series({ title, what, bucket, bars }: SeriesProps) {
  const [at, setAt] = useState<number>();
  const [isOpen, setIsOpen] = useState(false);
  const last = bars.length - 1;
  const here = at === undefined || at > last ? last : at;
  const said = (index: number) => `${bucketName(bars[index]!.at, bucket)}: ${plural(bars[index]!.count, what)}${index === last ? ' so far' : ''}`;
  const filled = bars.filter(({ count }) => count > 0);
  const total = filled.reduce((sum, { count }) => sum + count, 0);

  const move = (event: KeyboardEvent) => {
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, ArrowDown: here - 1, ArrowUp: here + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setAt(Math.min(Math.max(to, 0), last));
  };
  return (
    <section className="card">
      <div className="head">
        <h2>{title}</h2>
        <p className="readout" aria-hidden="true">{filled.length > 0 ? said(here) : '\u00a0'}</p>
      </div>
      {filled.length === 0 ? (
        <p className="empty" style={{ height: HEIGHT_PIXELS }}>No {what}s in this time. They appear by themselves.</p>
      ) : (
        <div
          className="plot"
          role="slider"
          tabIndex={0}
          aria-label={`${title}: ${plural(total, what)} in ${plural(bars.length, bucket)}. Left and right go from ${bucket} to ${bucket}.`}
          aria-valuemin={0}
          aria-valuemax={last}
          aria-valuenow={here}
          aria-valuetext={said(here)}
          onKeyDown={move}
          onBlur={() => setAt(undefined)}
        >
          <Plot bars={bars} bucket={bucket} unit={`${what}s per ${bucket}`} at={at} onPoint={setAt} />
        </div>
      )}
      <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary>As a table</summary>
        {isOpen && (
          <div className="scroll" tabIndex={0} role="region" aria-label={`${title}, as a table`}>
            <table className="plain">
              <thead><tr><th scope="col">{bucket === 'day' ? 'Day (UTC)' : 'Hour'}</th><th scope="col" className="figure">{what}s</th></tr></thead>
              <tbody>
                {filled.toReversed().map((bar) => (
                  <tr key={bar.at}><th scope="row">{bucketName(bar.at, bucket)}</th><td className="figure">{number(bar.count)}</td></tr>
                ))}
              </tbody>
            </table>
            <p className="soft">Times without {what}s are left out.</p>
          </div>
        )}
      </details>
    </section>
  );
}

interface PlotProps {
  bars: readonly Bar[];
  bucket: 'hour' | 'day';
  unit: string;
  at: number | undefined;
  onPoint: (index: number | undefined) => void;
}

function Plot({ bars, bucket, unit, at, onPoint }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const scheme = useColorScheme();
  const data = useRef<uPlot.AlignedData>([[]]);
  data.current = [bars.map((bar) => Date.parse(bar.at) / 1_000), bars.map(({ count }) => count)];

  useEffect(() => {
    const element = place.current!;
    const drawn = new uPlot(optionsOf(element, bucket, unit, onPoint), data.current, element);
    plot.current = drawn;
    const sized = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT_PIXELS }));
    sized.observe(element);
    return () => {
      sized.disconnect();
      drawn.destroy();
    };
  }, [bucket, unit, scheme, onPoint]);

  useEffect(() => plot.current?.setData(data.current), [bars]);

  useEffect(() => {
    const drawn = plot.current;
    const moment = at === undefined ? undefined : data.current[0][at];
    if (!drawn || drawn.cursor.idx === at) return;
    // A place outside the plot takes the cursor away.
    drawn.setCursor(moment === undefined ? { left: -10, top: -10 } : { left: drawn.valToPos(moment + secondsOf(bucket) / 2, 'x'), top: 0 }, false);
  }, [at, bucket]);

  return <div ref={place} style={{ height: HEIGHT_PIXELS }} />;
}

function optionsOf(element: HTMLElement, bucket: 'hour' | 'day', unit: string, onPoint: PlotProps['onPoint']): uPlot.Options {
  const colour = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
  const zone = bucket === 'day' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;
  const axis: uPlot.Axis = { stroke: colour('--soft'), font: '12px system-ui, sans-serif', labelFont: '12px system-ui, sans-serif', labelSize: 18, ticks: { show: false } };
  return {
    width: element.clientWidth,
    height: HEIGHT_PIXELS,
    padding: [8, 8, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), zone),
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { show: false },
      // The bar over which the pointer is, not the nearest beginning of one.
      dataIdx: (drawn, _series, _index, moment) => Math.min(Math.floor((moment - drawn.data[0][0]!) / secondsOf(bucket)), drawn.data[0].length - 1),
    },
    hooks: { setCursor: [(drawn) => onPoint(drawn.cursor.left! < 0 ? undefined : (drawn.cursor.idx ?? undefined))] },
    scales: {
      x: { time: true, range: (_drawn, first, last) => [first, last + secondsOf(bucket)] },
      y: { range: (_drawn, _least, most) => [0, Math.max(4, most * 1.1)] },
    },
    axes: [
      { ...axis, label: `Time (${zone})`, grid: { show: false }, space: 64 },
      { ...axis, label: unit, size: 48, incrs: STEPS, grid: { stroke: colour('--line'), width: 1 }, values: (_drawn, splits) => splits.map(number) },
    ],
    series: [{}, { stroke: colour('--accent'), fill: colour('--accent'), width: 0, points: { show: false }, paths: uPlot.paths.bars!({ align: 1, size: [0.8, 40], gap: 0 }) }],
  };
}

function secondsOf(bucket: 'hour' | 'day'): number {
  return bucket === 'day' ? 86_400 : 3_600;
}

function useColorScheme(): string {
  const query = matchMedia('(prefers-color-scheme: dark)');
  const [isDark, setIsDark] = useState(query.matches);
  useEffect(() => {
    const hear = ({ matches }: MediaQueryListEvent) => setIsDark(matches);
    query.addEventListener('change', hear);
    return () => query.removeEventListener('change', hear);
  }, []);
  return isDark ? 'dark' : 'light';
}
