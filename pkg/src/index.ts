/*
 * The front door of the package: everything a page without React may import.
 * Importing it runs nothing and touches nothing, in a browser as in Node; the work begins with `SessionTracker.create()`.
 */
export type { AnyEvents, EventArguments, LogEvent } from './events.js';
export { load, type WasmSource } from './load.js';
export { followSections, hashPath, pathToSection } from './sections.js';
export { SessionTracker } from './tracker.js';
export type {
  CurrentSession,
  Diagnosis,
  EndReason,
  Ledger,
  LoggedEvent,
  Options,
  Person,
  RefusalReason,
  SessionState,
  SessionStats,
  TrackerEvents,
} from '../dist/wasm/session_tracker.js';
