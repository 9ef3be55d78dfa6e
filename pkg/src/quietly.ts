/*
 * How the host's own functions are called: one that throws is its own affair, not that of whoever called us.
 */
import type { Options } from '../dist/wasm/session_tracker.js';

export function quietly(call: () => void): void {
  try {
    call();
  } catch {
    // There is nobody left to tell.
  }
}

/** A sentence for the host's logger, if there is one. What a page throws need not have a text. */
export function debug(options: Options, message: unknown, cause: unknown = ''): void {
  quietly(() => options.logger?.debug(`${message}${cause}`));
}
