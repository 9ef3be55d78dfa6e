/*
 * What the person has chosen, and what their browser says for them. One entry of storage remembers it; it is all that is left of a
 * person who opted out. It knows nothing of sessions.
 */
import type { Options } from '../dist/wasm/session_tracker.js';

const OUT = '1';
const IN = '0';

/**
 * Whether this person is not to be tracked: by an earlier choice, else by Global Privacy Control or, on request, Do Not Track. Of a person whose
 * consent `isPending` storage is not read either, and nothing comes of it: nothing is tracked before they choose anew.
 */
export function isOptedOut(options: Options, isPending: boolean): boolean {
  const { globalPrivacyControl, doNotTrack } = navigator as Navigator & { globalPrivacyControl?: boolean };
  const isAsked = (options.respectGpc !== false && globalPrivacyControl) || (options.respectDnt && doNotTrack === '1');
  let chosen: string | null = null;
  try {
    if (!isPending) chosen = localStorage.getItem(prefix(options) + 'optout');
  } catch {
    // Storage is blocked, so nothing could be remembered.
  }
  return chosen ? chosen === OUT : !!isAsked;
}

/** Remembers a choice; `purge` clears everything else of this namespace, which all tabs of the origin share. */
export function remember(options: Options, isOut: boolean, purge = false): void {
  try {
    for (const key of Object.keys(localStorage)) if (purge && key.startsWith(prefix(options))) localStorage.removeItem(key);
    localStorage.setItem(prefix(options) + 'optout', isOut ? OUT : IN);
  } catch {
    // Storage is blocked: the choice holds for this page.
  }
}

function prefix({ namespace }: Options): string {
  return `${namespace ?? 'session-tracker'}:`;
}
