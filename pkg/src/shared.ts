/*
 * One tracker for however many providers are in a page: a session belongs to the visitor, not to a component. Trackers that keep their records
 * apart (`namespace`) are apart here too. It knows nothing of React.
 */
import { SessionTracker, type Options } from './index.js';

/** A component's share of a tracker. */
export interface Share {
  /** The tracker, started; `undefined` if its options were wrong. */
  readonly tracker: Promise<SessionTracker | undefined>;
  /** Says that the component is about to go, or is back. */
  leaving: boolean;
  /** Gives the share back. The last one says goodbye as a closing page does. */
  release(): void;
}

interface Held {
  options: Options;
  tracker: Promise<SessionTracker | undefined>;
  shares: Set<Share>;
}

const held = new Map<string, Held>();

/** A share of the page's tracker, which is made if there is none. */
export function share(options: Options): Share {
  const name = options.namespace ?? '';
  let own = held.get(name);
  if (own && !hasSameValues(own.options, options)) {
    if ([...own.shares].some(({ leaving }) => !leaving)) {
      sayOnce(options, 'There are two <SessionProvider>s with different options: they share one session, and the options of the first count.');
    } else {
      // Whoever holds it is on the way out, as with a provider that was given another key: these options are to count at once.
      dismiss(name, own);
      own = undefined;
    }
  }
  own ??= make(name, options);
  const { tracker, shares } = own;
  const mine: Share = {
    tracker,
    leaving: false,
    release() {
      shares.delete(mine);
      // One that was dismissed already is not in the table.
      if (own && shares.size === 0 && held.get(name) === own) dismiss(name, own);
    },
  };
  shares.add(mine);
  return mine;
}

/** Whether all options that are plain values are the same ones. Functions and objects are made anew by every render, and say nothing. */
export function hasSameValues(one: Options, other: Options): boolean {
  const values = (options: Options) => JSON.stringify(Object.entries(options).filter(([, value]) => Object(value) !== value).sort());
  return values(one) === values(other);
}

/** A sentence for the developer, at debug level. */
export function sayOnce(options: Options, sentence: string): void {
  (options.logger ?? console).debug(`[SessionTracking] ${sentence}`);
}

function make(name: string, options: Options): Held {
  const tracker = SessionTracker.create(options).then(
    (tracker) => {
      if (held.get(name) === own) void tracker.start();
      return tracker;
    },
    (cause: Error) => {
      // Wrong options: the application goes on without a tracker, and its developer is told.
      sayOnce(options, `Failed to start session: ${cause.message}`);
      return undefined;
    },
  );
  const own: Held = { options, tracker, shares: new Set() };
  held.set(name, own);
  return own;
}

function dismiss(name: string, own: Held): void {
  held.delete(name);
  void own.tracker.then((tracker) => tracker?.destroy());
}
