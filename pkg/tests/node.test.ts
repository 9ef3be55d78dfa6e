/* Node has no document: this is what server rendering and other people's tests meet. */
import { expect, test, vi } from 'vitest';
import { glue } from './glue';

test('importing the package does nothing and adds no global', async () => {
  const before = Object.getOwnPropertyNames(globalThis);
  await import('../src/index');
  await import('../src/react');
  await import('../src/analytics');
  await import('../src/rooms');
  await import('../src/ai');
  await import('../src/admin');
  await import('../src/testing');
  expect(Object.getOwnPropertyNames(globalThis)).toEqual(before);
  expect(glue.sources).toEqual([]);
});

test('without a document create() gives an inert tracker, loads nothing and says so once', async () => {
  const { SessionTracker } = await import('../src/index');
  const debug = vi.fn();
  const tracker = await SessionTracker.create({ endpoint: '/api/sessions', logger: { debug } });
  expect(tracker.getState()).toEqual({ status: 'inert', reason: 'no-document' });
  expect(await tracker.start()).toBeUndefined();
  expect(tracker.logEvent('button_click')).toBeUndefined();
  expect(tracker.ledger.refused).toEqual({ inert: 1 });
  expect(debug.mock.calls).toEqual([[expect.stringContaining('There is no document here')]]);
  expect(glue.sources).toEqual([]);
});
