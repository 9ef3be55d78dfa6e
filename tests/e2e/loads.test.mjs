/* What our tag costs the page that it is in: nothing moves, and no task of its own could be a long one. `make bench-page` has the figures. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { loadOnce, medians } from './loads.mjs';
import { startServer } from './server.mjs';

/* Page-speed tools call a task long from here on. */
const LONG_TASK_MILLISECONDS = 50;
const PAIRS = 5;

let browser;
let server;

before(async () => {
  browser = await launch();
  server = await startServer();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test('the tag moves nothing, and all its tasks together are shorter than one long task', async () => {
  const loads = { without: [], withTag: [] };
  for (let pair = 0; pair < PAIRS; pair += 1) {
    loads.without.push(await loadOnce({ browser, server, withTag: false }));
    loads.withTag.push(await loadOnce({ browser, server, withTag: true }));
  }
  for (const { layoutShift, faults } of loads.withTag) {
    assert.equal(layoutShift, 0);
    assert.deepEqual(faults, []);
  }
  const cost = medians(loads.withTag).taskTime - medians(loads.without).taskTime;
  assert.ok(cost < LONG_TASK_MILLISECONDS, `the tag took ${cost.toFixed(1)} ms of the main thread`);
});
