/*
 * What has to be there before there can be a tracker: a document that somebody sees, the compiled tracker, and the cookies of a common domain where
 * they are asked for. What is missing is told to the logger, and is no error. Each piece of work gets a task of its own.
 */
import type { Options } from '../dist/wasm/session_tracker.js';
import type { InertReason } from './inert.js';
import { load } from './load.js';
import { macrotask } from './macrotask.js';
import { debug } from './quietly.js';
import type { Site } from './site.js';

/** Why there can be no tracker here, or nothing and what was found. */
export async function wake(options: Options): Promise<[lack: InertReason | '', site?: Site | undefined]> {
  const lack = (reason: InertReason, sentence: string, cause?: unknown): [InertReason] => {
    debug(options, `[SessionTracking] ${sentence}`, cause);
    return [reason];
  };
  if (typeof document === 'undefined') return lack('no-document', 'There is no document here, so the session tracker does nothing.');
  try {
    // Without Temporal the compiled tracker asks a formatter for the time zone, and the first of a page takes some 20 ms: it gets a task of its own.
    await Promise.all([load(undefined, options.wasm), macrotask().then(() => 'Temporal' in window || Intl.DateTimeFormat())]);
  } catch (cause) {
    return lack('no-webassembly', 'Neither WebAssembly nor the JavaScript in its place could be started, so the session tracker does nothing. ', cause);
  }
  // A page that is prerendered may never be seen, and counts from when it is, which is once.
  if ((document as { prerendering?: boolean }).prerendering) {
    await new Promise((shown) => document.addEventListener('prerenderingchange', shown));
  }
  let site: Site | undefined;
  try {
    // From a file that is loaded only where it is asked for. Without it each subdomain is a visit of its own.
    if (options.cookieDomain) site = (await import('./site.js')).siteOf(options);
  } catch (cause) {
    debug(options, cause);
  }
  await macrotask();
  return ['', site];
}
