/*
 * What the package says to the compiled tracker, as `src/browser/signals.rs` numbers it and says what comes with each.
 */
export const START = 20;
export const SECTION = 21;
export const SECTION_AT_ONCE = 22;
export const LOG = 23;
export const FLUSH = 24;
export const END = 25;
export const LEDGER = 26;
export const IS_DOWN = 27;
export const WHO = 28;
export const DISCARD = 29;
export const DESTROY = 30;
