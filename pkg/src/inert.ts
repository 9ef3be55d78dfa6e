/*
 * A tracker that does nothing: what `create()` gives where there is no page (Node, server rendering) or no WebAssembly, and
 * what takes over after a trap. It has the whole interface, so that no caller needs to ask which one it holds.
 */
import type { Ledger, SessionState, SessionTracker as CompiledTracker } from '../dist/wasm/session_tracker.js';

/** What the compiled tracker and the inert one have in common. */
export type Core = Omit<CompiledTracker, 'free' | typeof Symbol.dispose>;

/** Why a tracker is inert. */
export type InertReason = Extract<SessionState, { status: 'inert' }>['reason'];

export function inert(reason: InertReason): Core {
  const state: SessionState = Object.freeze({ status: 'inert', reason });
  const nothing = () => undefined;
  let refused = 0;
  const refuse = () => void (refused += 1);
  return {
    initializeSession: nothing,
    changeSection: nothing,
    logEvent: refuse,
    refuseEvent: refuse,
    flush: nothing,
    endSession: nothing,
    getStats: async () => undefined,
    getState: () => state,
    get ledger(): Ledger {
      return { accepted: 0, delivered: 0, queued: 0, inFlight: 0, dropped: {}, refused: refused ? { inert: refused } : {} };
    },
    destroy: nothing,
  };
}
