import { beforeEach, expect, test, vi } from 'vitest';

let shield: typeof import('../src/shield').shield;
let onTrap: typeof import('../src/shield').onTrap;

beforeEach(async () => {
  vi.resetModules();
  ({ shield, onTrap } = await import('../src/shield'));
});

const unreachable = () => {
  throw new Error('unreachable');
};

function shielded<Calls extends Record<string, Function>>(calls: Calls): Calls {
  return shield(calls as unknown as WebAssembly.Exports) as unknown as Calls;
}

test('what works keeps its arguments and its answer, and what is no function stays what it is', () => {
  const memory = {};
  const exports = shield({ add: (a: number, b: number) => a + b, memory } as never) as { add: Function; memory: object };
  expect(exports.add(2, 3)).toBe(5);
  expect(exports.memory).toBe(memory);
});

test('a trap inside a timer does not come out of the timer', () => {
  const { wake } = shielded({ wake: unreachable });
  expect(wake()).toBeUndefined();
});

test('after a trap the module is not entered again', () => {
  const entered = vi.fn();
  const { wake, log } = shielded({ wake: unreachable, log: entered });
  wake();
  log();
  expect(entered).not.toHaveBeenCalled();
});

test('a trap is told once, also to who asks afterwards, and not to who was dismissed', () => {
  const [early, late, dismissed] = [vi.fn(), vi.fn(), vi.fn()];
  onTrap(early);
  onTrap(dismissed)();
  const { wake } = shielded({ wake: unreachable });
  wake();
  wake();
  onTrap(late);
  expect(early).toHaveBeenCalledOnce();
  expect(late).toHaveBeenCalledOnce();
  expect(dismissed).not.toHaveBeenCalled();
});

test('a trap in a call that the module made through the page unwinds the outer call too', () => {
  const afterwards = vi.fn();
  const exports = shielded({
    inner: unreachable,
    outer: () => {
      exports.inner();
      afterwards();
    },
  });
  expect(exports.outer()).toBeUndefined();
  expect(afterwards).not.toHaveBeenCalled();
});
