/* Numbers, durations and times as the dashboard writes them: English of the United States, with their units. */

const LOCALE = 'en-US';
const whole = new Intl.NumberFormat(LOCALE);
const hundredths = new Intl.NumberFormat(LOCALE, { style: 'percent', maximumFractionDigits: 2 });

export const number = (value: number): string => whole.format(value);

export const plural = (count: number, one: string, several = `${one}s`): string => `${number(count)} ${count === 1 ? one : several}`;

/* Rounded down, for 99.996% is not all of it. */
export const percent = (share: number): string => hundredths.format(Math.floor(share * 10_000) / 10_000);

/** `71` is `1 min 11 s`; from an hour on, seconds are left out. */
export function duration(seconds: number): string {
  const all = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(all / 3_600), Math.floor(all / 60) % 60, all % 60];
  if (hours > 0) return `${number(hours)} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s`;
}

/** `900` is `15 min`: one unit, for round figures. */
export function interval(seconds: number): string {
  const [size, unit] = [[86_400, 'd'], [3_600, 'h'], [60, 'min']].find(([size]) => seconds % (size as number) === 0) ?? [1, 's'];
  return `${number(seconds / (size as number))} ${unit}`;
}

export const clock = (time: string | number, timeZone?: string): string =>
  new Intl.DateTimeFormat(LOCALE, { hour: 'numeric', minute: '2-digit', second: '2-digit', timeZone }).format(new Date(time));

/** How far a time is from another: `12 s ago`, `in 3 min`. */
export function distance(time: string, from: string): string {
  const seconds = Math.round((Date.parse(time) - Date.parse(from)) / 1_000);
  const away = Math.abs(seconds);
  const words = away < 90 ? `${away} s` : away < 5_400 ? `${Math.round(away / 60)} min` : away < 129_600 ? `${Math.round(away / 3_600)} h` : `${Math.round(away / 86_400)} d`;
  return seconds > 0 ? `in ${words}` : `${words} ago`;
}

/** A bucket of a series, by its first moment: `Nov 21, 3 PM`, and `Nov 21` of a day, which is one of UTC. */
export function bucketName(at: string, bucket: 'hour' | 'day'): string {
  const day = { month: 'short', day: 'numeric' } as const;
  return new Intl.DateTimeFormat(LOCALE, bucket === 'day' ? { ...day, timeZone: 'UTC' } : { ...day, hour: 'numeric' }).format(new Date(at));
}

/** `{ fromSeconds: 60, toSeconds: 180 }` is `1–3 min`. */
export function lengthName({ fromSeconds, toSeconds }: { fromSeconds: number; toSeconds: number | null }): string {
  if (toSeconds === null) return `${interval(fromSeconds)} and more`;
  if (fromSeconds === 0) return `under ${interval(toSeconds)}`;
  const [from, to] = [interval(fromSeconds), interval(toSeconds)];
  const [fromFigure, fromUnit] = from.split(' ');
  return fromUnit === to.split(' ')[1] ? `${fromFigure}–${to}` : `${from} – ${to}`;
}
