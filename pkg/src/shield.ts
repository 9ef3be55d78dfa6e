/*
 * Where a trap stops. A panic in the tracker aborts, and WebAssembly throws that into whoever called: a timer, a page event,
 * a promise job, all of the host page. The build passes every export of the module through `shield`, so that it ends here.
 * A module that trapped once is never entered again: its memory may hold half of a change.
 */

type Exports = WebAssembly.Exports;

let trap: { cause: unknown } | undefined;
let depth = 0;
const witnesses = new Set<(cause: unknown) => void>();

/** The same exports, none of which throws into the page or runs after a trap. */
export function shield(exports: Exports): Exports {
  const shielded = Object.entries(exports).map(([name, value]) => [name, typeof value === 'function' ? shieldCall(value) : value]);
  return Object.fromEntries(shielded) as Exports;
}

/** Calls the witness once, when the module traps (at once if it has). Returns how to dismiss the witness. */
export function onTrap(witness: (cause: unknown) => void): () => void {
  if (trap) witness(trap.cause);
  else witnesses.add(witness);
  return () => witnesses.delete(witness);
}

function shieldCall(call: Function): Function {
  return (...values: unknown[]) => {
    if (trap) return undefined;
    depth += 1;
    try {
      return call(...values);
    } catch (cause) {
      spring(cause);
      // The module called the page, which called the module: the outer call has to unwind as well.
      if (depth > 1) throw cause;
      return undefined;
    } finally {
      depth -= 1;
    }
  };
}

function spring(cause: unknown): void {
  if (trap) return;
  trap = { cause };
  for (const witness of witnesses) witness(cause);
  witnesses.clear();
}
