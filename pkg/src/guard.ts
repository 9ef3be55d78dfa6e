/*
 * Between the page and the compiled tracker: whatever goes wrong inside, the page gets an answer. A call that throws is
 * answered by an inert tracker; after a trap, which is reported once, that one answers everything.
 */
import { inert, type Core } from './inert.js';
import { onTrap } from './shield.js';

/** How the guard tells what went wrong. */
export interface Report {
  /** One call failed; the tracker goes on. */
  failed(cause: unknown): void;
  /** The tracker is inert from here on. Told once. */
  trapped(cause: unknown): void;
}

export class Guard {
  #core: Core;
  #standIn = inert('trap');
  #report: Report;
  #dismissWitness: () => void;
  #listeners = new Set<() => void>();
  #unanswered = new Set<() => void>();
  #answers = new WeakMap<Promise<unknown>, Promise<unknown>>();

  constructor(core: Core, report: Report) {
    this.#core = core;
    this.#report = report;
    this.#dismissWitness = onTrap((cause) => this.#retire(cause));
  }

  /** What the tracker answers, or the inert one if that made it fail. */
  ask<Answer>(question: (core: Core) => Answer): Answer {
    const asked = this.#core;
    try {
      const answer = question(asked);
      // After a trap the module's exports return nothing, whatever their types say.
      if (asked === this.#core) return answer;
    } catch (cause) {
      if (asked === this.#core) quietly(() => this.#report.failed(cause));
    }
    return question(this.#standIn);
  }

  /** The same for a promise. It never rejects, and it settles even if the tracker dies before. Same promise in, same promise out. */
  askLater<Answer>(question: (core: Core) => Promise<Answer>): Promise<Answer | undefined> {
    const promise = this.ask(question);
    const known = this.#answers.get(promise) as Promise<Answer | undefined> | undefined;
    if (known) return known;
    const answer = new Promise<Answer | undefined>((resolve) => {
      const giveUp = () => resolve(undefined);
      this.#unanswered.add(giveUp);
      promise.then(resolve, giveUp).finally(() => this.#unanswered.delete(giveUp));
    });
    this.#answers.set(promise, answer);
    return answer;
  }

  /** Listens to the tracker, and to its becoming inert, which it can no longer tell. */
  subscribe(listener: () => void): () => void {
    const own = () => quietly(listener);
    const unsubscribe = this.ask((core) => core.subscribe(own));
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
      this.ask(() => unsubscribe());
    };
  }

  destroy(): void {
    this.ask((core) => core.destroy());
    this.#dismissWitness();
    this.#listeners.clear();
  }

  #retire(cause: unknown): void {
    this.#core = this.#standIn;
    for (const giveUp of this.#unanswered) giveUp();
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
    quietly(() => this.#report.trapped(cause));
  }
}

/* The page's own functions may throw; that is not theirs to find in our call stack. */
function quietly(call: () => void): void {
  try {
    call();
  } catch {
    // There is nobody left to tell.
  }
}
