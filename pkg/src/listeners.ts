/*
 * Who wants to hear of what, and how the host's own functions are called: one that throws is its own affair, not that of whoever called us.
 */
type Listener = (detail: never) => void;

export class Listeners {
  #all = new Set<readonly [name: string, listener: Listener]>();

  /** Adds a listener, once more if it is there already, and gives how to take it away. */
  add(name: string, listener: Listener): () => void {
    const own = [name, listener] as const;
    this.#all.add(own);
    return () => this.#all.delete(own);
  }

  tell(event: string, detail: unknown): void {
    for (const [name, listener] of [...this.#all]) if (name === event) quietly(() => listener(detail as never));
  }

  clear(): void {
    this.#all.clear();
  }
}

export function quietly(call: () => void): void {
  try {
    call();
  } catch {
    // There is nobody left to tell.
  }
}
