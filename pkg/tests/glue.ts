/*
 * A fake of the compiled module: remembers what it was asked, and fails where a test tells it to. `traps` stands for a panic
 * in Rust, which reaches the page as an exception out of one of the module's exports.
 */
import { shield } from '../src/shield';
import type { Ledger, Options, SessionState } from '../dist/wasm/session_tracker';

export const glue = {
  sources: [] as unknown[],
  trackers: [] as SessionTracker[],
  failToLoad: undefined as Error | undefined,
  failToCreate: undefined as Error | undefined,
  traps: false,
  beforeCreation: Promise.resolve(),
};

export function resetGlue(): void {
  Object.assign(glue, { sources: [], trackers: [], failToLoad: undefined, failToCreate: undefined, traps: false, beforeCreation: Promise.resolve() });
}

export default async function init(input: { module_or_path: unknown }): Promise<unknown> {
  glue.sources.push(input.module_or_path);
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
  state: SessionState = { status: 'idle' };
  listeners = new Set<() => void>();
  options: Options;
  #started: Promise<string> | undefined;
  #ended: Promise<void> | undefined;

  constructor(options: Options) {
    this.options = options;
  }

  static async create(options: Options): Promise<SessionTracker> {
    await glue.beforeCreation;
    if (glue.failToCreate) throw glue.failToCreate;
    return new Promise((resolve) => {
      enter(() => {
        const tracker = new SessionTracker(options);
        glue.trackers.push(tracker);
        resolve(tracker);
      });
    });
  }

  initializeSession(): Promise<string> {
    return this.#enter('initializeSession', () => (this.#started ??= Promise.resolve('a-session')));
  }

  changeSection(section: string): void {
    this.#enter('changeSection', () => undefined, section);
  }

  changeSectionDebounced(section: string): void {
    this.#enter('changeSectionDebounced', () => undefined, section);
  }

  logEvent(eventType: string, eventData?: unknown): string | undefined {
    return this.#enter('logEvent', () => `event-${this.calls.length}`, eventType, eventData);
  }

  flush(): Promise<void> {
    return this.#enter('flush', () => new Promise<void>(() => {}));
  }

  endSession(reason?: string): Promise<void> {
    return this.#enter('endSession', () => (this.#ended ??= Promise.resolve()), reason);
  }

  getStats(daysBack?: number): Promise<{ totalSessions: number }> {
    return this.#enter('getStats', () => Promise.resolve({ totalSessions: 3 }), daysBack);
  }

  getState(): SessionState {
    return enter(() => this.state);
  }

  become(state: SessionState): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    return enter(() => {
      this.listeners.add(listener);
      return () => void this.listeners.delete(listener);
    });
  }

  get ledger(): Ledger {
    return enter(() => ({ accepted: 7, delivered: 7, queued: 0, inFlight: 0, dropped: {}, refused: {} }));
  }

  get sessionId(): string | undefined {
    return enter(() => 'a-session');
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
