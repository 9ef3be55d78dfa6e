/* What our tag costs the page that it is in: nothing moves, and no task of its own could be a long one. `make bench-page` has the figures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadOnce, medians } from './loads.mjs';
import { openStage } from './stage.mjs';

/* Page-speed tools call a task long from here on. */
const LONG_TASK_MILLISECONDS = 50;
const PAIRS = 5;

const stage = openStage();

test('the tag moves nothing, and all its tasks together are shorter than one long task', async () => {
  const loads = { without: [], withTag: [] };
  for (let pair = 0; pair < PAIRS; pair += 1) {
    loads.without.push(await loadOnce({ ...stage, withTag: false }));
    loads.withTag.push(await loadOnce({ ...stage, withTag: true }));
  }
  for (const { layoutShift, faults } of loads.withTag) {
    assert.equal(layoutShift, 0);
    assert.deepEqual(faults, []);
  }
  const cost = medians(loads.withTag).taskTime - medians(loads.without).taskTime;
  assert.ok(cost < LONG_TASK_MILLISECONDS, `the tag took ${cost.toFixed(1)} ms of the main thread`);
});
