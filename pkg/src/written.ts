/*
 * What a call hands over, as texts: of `logEvent` the data as the JSON that it is at this moment, after the host has had its say. Whether an event
 * is taken in is decided elsewhere.
 */
import type { Options, RefusalReason } from '../dist/wasm/session_tracker.js';

/** The event's type and its data as texts; or nothing, and `refuse` hears why, and what to do about it. */
export function written(
  eventType: unknown,
  eventData: unknown,
  { beforeSend }: Options,
  refuse: (reason: RefusalReason, advice: string, cause?: unknown) => undefined,
): [eventType: string, json: string | undefined] | undefined {
  let json: string | undefined;
  try {
    json = JSON.stringify(eventData);
  } catch {
    // A cycle, a BigInt or a throwing toJSON.
  }
  // A function has no JSON either, but that throws nothing.
  if (json === undefined && eventData !== undefined) {
    return refuse('unserialisable', 'its data has no JSON form (a cycle, a BigInt, a function, a throwing toJSON); pass plain data');
  }
  if (beforeSend) {
    try {
      const event = beforeSend({ eventType: eventType as string, eventData: json && JSON.parse(json) });
      if (!event) return refuse('before_send', 'beforeSend dropped it');
      eventType = event.eventType;
      json = JSON.stringify(event.eventData);
    } catch (cause) {
      return refuse('before_send', 'beforeSend failed. ', cause);
    }
  }
  return [textOf(eventType), json];
}

/** A listener passed as it is (`onClick={end}`) brings its event, and a caller without types anything. */
export function textOf(given: unknown): string {
  return typeof given === 'string' ? given : '';
}
