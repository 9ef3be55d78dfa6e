/*
 * The tracker where WebAssembly is forbidden: the same module, translated into JavaScript. It is a file of its own, which only a page that
 * needs it downloads, and it has nothing that the front door has already.
 */
import { instantiate as start, SessionTracker } from '../dist/plain/session_tracker.js';

/** Starts the module behind the shield, and gives its class. */
export function instantiate(shield: (exports: WebAssembly.Exports) => WebAssembly.Exports): typeof SessionTracker {
  start(shield);
  return SessionTracker;
}
