/*
 * A tracker that does nothing: what stands behind the package's class where there is no page (Node, server rendering) or no
 * WebAssembly, and what takes over after a trap. It has the whole interface, so that no caller needs to ask which one it holds.
 */
import type { SessionState, SessionTracker as CompiledTracker } from '../dist/wasm/session_tracker.js';
import { LOG } from './said.js';

/** What the compiled tracker and the inert one have in common. */
export type Core = Omit<CompiledTracker, 'free'>;

/** Why a tracker is inert. */
export type InertReason = Extract<SessionState, { status: 'inert' }>['reason'];

/** `refuse` hears of each event that is not taken in. */
export function inert(refuse: () => void): Core {
  return {
    say(what) {
      if (what === LOG) refuse();
      return '';
    },
  };
}
