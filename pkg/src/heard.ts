/*
 * What the compiled tracker tells the package, as `src/browser/mod.rs` numbers it.
 */
export const DEBUG = 0;
export const ERROR = 1;
export const STARTED = 2;
export const SETTLED = 3;
export const CHANGED = 4;
export const ENDED = 5;
export const EXPIRING = 6;
export const UNREACHABLE = 7;
