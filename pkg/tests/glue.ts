/*
 * A fake of the compiled module: remembers what it was asked, and fails where a test tells it to. `traps` stands for a panic
 * in Rust, which reaches the page as an exception out of one of the module's exports.
 */
import { DESTROY, DISCARD, END, FLUSH, IS_DOWN, LEDGER, LOG, SECTION, SECTION_AT_ONCE, START, WHO } from '../src/said';
import { shield } from '../src/shield';
import type { Options, SessionState } from '../dist/wasm/session_tracker';

export const glue = {
  sources: [] as unknown[],
  trackers: [] as SessionTracker[],
  failToLoad: undefined as Error | undefined,
  traps: false,
  beforeLoaded: Promise.resolve(),
};

export function resetGlue(): void {
  Object.assign(glue, { sources: [], trackers: [], failToLoad: undefined, traps: false, beforeLoaded: Promise.resolve() });
}

export default async function init(input: { module_or_path: unknown }): Promise<unknown> {
  glue.sources.push(input.module_or_path);
  await glue.beforeLoaded;
  if (glue.failToLoad) throw glue.failToLoad;
  return {};
}

/* Every call enters the module, as wasm-bindgen's methods do. */
const { enter } = shield({
  enter(work: () => unknown) {
    if (glue.traps) throw new Error('unreachable');
    return work();
  },
}) as { enter: <Value>(work: () => Value) => Value };

export class SessionTracker {
  calls: unknown[][] = [];
  #users: string[] = [];
  down = false;
  counts = { accepted: 7, delivered: 7, queued: 0, inFlight: 0, dropped: {}, refused: { ended: 1 } };
  options: Options;
  section: string;
  getToken: unknown;
  isPending: () => boolean;
  hear: (what: number, text: string) => void;
  /** What the page asked last, and what came of it. */
  asked: (...outcome: unknown[]) => void;

  constructor(host: { options: Options; getToken: unknown; hear(what: number, text: string): void; isPending(): boolean; asked?: unknown; readStats?: unknown }) {
    this.getToken = host.getToken;
    this.isPending = () => host.isPending();
    this.hear = (what, text) => host.hear(what, text);
    this.asked = (...outcome) => (host.asked = outcome);
    host.readStats = (daysBack: number) => this.getStats(daysBack);
    // As wasm-bindgen's constructor does with what the module returns.
    [this.options] = enter(() => [JSON.parse(JSON.stringify(host.options)) as Options & { section: string }] as const);
    this.section = this.options.section!;
    glue.trackers.push(this);
  }

  /** Each number has a method here, on which a test can spy. After a trap there is no answer to read, as in wasm-bindgen's loader. */
  say(what: number, text: string, more: string): string {
    const answers: Record<number, () => string | undefined | void> = {
      [START]: () => this.initializeSession(text),
      [SECTION]: () => this.changeSection(text, false),
      [SECTION_AT_ONCE]: () => this.changeSection(text, true),
      [LOG]: () => this.logEvent(text, more || undefined),
      [FLUSH]: () => this.flush(),
      [END]: () => this.endSession(text),
      [LEDGER]: () => this.ledger(),
      [IS_DOWN]: () => (this.isDown() ? 'down' : ''),
      [WHO]: () => enter(() => 'ada\0'),
      [DISCARD]: () => this.discard(),
      [DESTROY]: () => this.destroy(),
    };
    return answers[what]!() ?? '';
  }

  /** Another person than before gets another session, which takes the place of the one that goes on. */
  initializeSession(user: string): void {
    const isReplaced = this.#users.length > 0 && this.#users.at(-1) !== user;
    this.#enter('initializeSession', () => {
      this.#users.push(user);
      const sessionId = isReplaced ? `${user}-session` : 'a-session';
      this.become({ status: 'live', sessionId, section: this.section, startedAt: 0, person: 'active' });
      if (isReplaced) this.hear(5, 'replaced');
      this.hear(2, 'started');
    }, user || undefined);
  }

  changeSection(section: string, atOnce: boolean): void {
    this.#enter('changeSection', () => undefined, section, atOnce);
  }

  logEvent(eventType: string, json?: string): string | undefined {
    return this.#enter('logEvent', () => `event-${this.calls.length}`, eventType, json && JSON.parse(json));
  }

  /** Never settles by itself: a test says `hear(3, '')`. */
  flush(): void {
    this.#enter('flush', () => undefined);
  }

  endSession(reason: string): void {
    this.#enter('endSession', () => this.hear(3, ''), reason);
  }

  getStats(daysBack: number): Promise<{ totalSessions: number }> {
    return this.#enter('getStats', () => Promise.resolve({ totalSessions: 3 }), daysBack);
  }

  become(state: SessionState): void {
    this.hear(4, JSON.stringify(state));
  }

  ledger(): string {
    return enter(() => JSON.stringify(this.counts));
  }

  isDown(): boolean {
    return enter(() => this.down);
  }

  discard(): void {
    this.#enter('discard', () => undefined);
  }

  destroy(): void {
    this.#enter('destroy', () => undefined);
  }

  named(method: string): unknown[][] {
    return this.calls.filter(([name]) => name === method);
  }

  #enter<Value>(method: string, work: () => Value, ...values: unknown[]): Value {
    this.calls.push([method, ...values.filter((value) => value !== undefined)]);
    return enter(work);
  }
}
