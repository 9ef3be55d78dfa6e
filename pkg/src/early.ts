/*
 * Calls made before there is a tracker: the page's snippet and the script's first moments write them down here, in order,
 * and they are made when the tracker is ready. Bounded, for the tracker may never come.
 */
import type { SessionTracker } from './tracker.js';

/** A method's name and what to call it with. */
export type Call = [method: string, ...values: unknown[]];

/** What stands at `window.sessionTracker` until the tracker does. */
export type EarlyCalls = { q: Call[] } & { [Method in Deferrable]: (...values: unknown[]) => undefined };

type Deferrable = (typeof DEFERRABLE)[number];

const DEFERRABLE = ['logEvent', 'changeSection', 'changeSectionDebounced', 'flush', 'endSession', 'end', 'identify', 'optIn', 'optOut'] as const;

/** The oldest this many calls are kept: the tracker's own queue is far longer, but a page that calls more before it has loaded is in a loop. */
export const EARLY_CALLS = 1000;

/** Completes the page's snippet, or makes one: every method that returns nothing the page must wait for. */
export function earlyCalls(snippet: Partial<EarlyCalls> = {}): EarlyCalls {
  const early = snippet as EarlyCalls;
  early.q ??= [];
  for (const method of DEFERRABLE) {
    early[method] = (...values) => {
      if (early.q.length < EARLY_CALLS) early.q.push([method, ...values]);
      return undefined;
    };
  }
  return early;
}

/** Makes the calls on the tracker, in their order; those of a page that kept the snippet's object follow at once. */
export function replay({ q }: EarlyCalls, tracker: SessionTracker): void {
  const call = ([method, ...values]: Call) => {
    const target = tracker as unknown as Record<string, (...values: unknown[]) => unknown>;
    if ((DEFERRABLE as readonly string[]).includes(method)) target[method]?.(...values);
  };
  q.splice(0).slice(0, EARLY_CALLS).forEach(call);
  q.push = (...calls) => {
    calls.forEach(call);
    return 0;
  };
}
