/*
 * An application's own events as types, so that the compiler knows which there are and what each carries. Types alone: nothing of it runs.
 */

/** Events of every type with every kind of data: what holds where an application names none of its own. */
export type AnyEvents = Record<string, unknown>;

/** What `logEvent` takes after the type: the event's data, which may be left out where it may be `undefined`. */
export type EventArguments<Events extends object, Type extends keyof Events> = undefined extends Events[Type]
  ? [eventData?: Events[Type]]
  : [eventData: Events[Type]];

/**
 * Logs an event, and gives its id. With an application's own events, such as
 * `interface Events { checkout: { total: number }; logout: undefined }`, only those are taken, each with its own data.
 * @example `logEvent('checkout', { total: 7 })`
 */
export type LogEvent<Events extends object = AnyEvents> = <Type extends keyof Events & string>(
  eventType: Type,
  ...data: EventArguments<Events, Type>
) => string | undefined;
