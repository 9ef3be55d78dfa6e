/*
 * The package as a page has it that was just loaded: before each test its modules anew over the fake of the compiled one, nothing stored, nothing said.
 */
import { beforeEach, vi } from 'vitest';
import type { Options } from '../src/index';

export let glue: (typeof import('./glue'))['glue'];
export let SessionTracker: (typeof import('../src/index'))['SessionTracker'];
/** Whatever the tracker says to the logger of `options`. */
export const debug = vi.fn();
export const options: Options = { endpoint: '/api/sessions', logger: { debug } };

beforeEach(async () => {
  vi.resetModules();
  debug.mockReset();
  localStorage.clear();
  ({ glue } = await import('./glue'));
  ({ SessionTracker } = await import('../src/index'));
});
