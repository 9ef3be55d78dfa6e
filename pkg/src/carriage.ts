/*
 * What another entry of the package may send along with the tracker's own requests, as types alone: the tracker knows no rooms, and rooms no core.
 */
import type { Options } from '../dist/wasm/session_tracker.js';

/** Sees a request's JSON as it leaves; gives what is to be sent in its place, and hears what was answered to that. */
export type Carrier = (body: string) => { body: string; heard(answer: string): void } | undefined;

/** What a carrier may know of the tracker. */
export interface Carriage {
  readonly options: Options;
  /** Whose session it is, the visitor's token and the device's id; what is not known is empty. */
  who(): string[];
}
