/*
 * What a tracker leaves behind when it is destroyed: nothing. A hundred of them come and go in one page, and what the page holds is counted
 * before and after: by Chromium (listeners, nodes, JavaScript's heap), by the page's own functions (timers, channels, WebAssembly's memory), and
 * by the browser's list of locks.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStage } from './stage.mjs';

const ROUNDS = 100;
/* What of JavaScript's heap a round may seem to keep: code that was optimised meanwhile is there to stay. */
const BYTES_A_ROUND = 1_024;

const stage = openStage();

/* Before any script of the page: what it starts is counted until it is stopped. */
function count() {
  const { setTimeout: start, clearTimeout: stop, BroadcastChannel: Channel } = window;
  const held = (window.held = { timers: new Set(), channels: new Set(), rejections: [], memory: undefined });
  window.setTimeout = (ring, delay, ...rest) => {
    const timer = start(() => {
      held.timers.delete(timer);
      ring(...rest);
    }, delay);
    held.timers.add(timer);
    return timer;
  };
  window.clearTimeout = (timer) => {
    held.timers.delete(timer);
    stop(timer);
  };
  window.BroadcastChannel = class extends Channel {
    constructor(name) {
      super(name);
      held.channels.add(this);
    }
    close() {
      super.close();
      held.channels.delete(this);
    }
  };
  addEventListener('unhandledrejection', ({ reason }) => held.rejections.push(String(reason)));
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (...given) => {
    const made = await instantiate(...given);
    held.memory = Object.values((made.instance ?? made).exports).find((value) => value instanceof WebAssembly.Memory);
    return made;
  };
}

/* Half of them are destroyed while their session is still being started. */
async function comeAndGo(rounds) {
  for (let round = 0; round < rounds; round += 1) {
    const tracker = await window.SessionTracker.create({ endpoint: '/api/sessions', userId: 'ada', flushSeconds: 600 });
    const started = tracker.start();
    tracker.subscribe(() => {});
    if (round % 2) await started;
    tracker.logEvent('button_click', { round });
    tracker.changeSectionDebounced('docs');
    tracker.destroy();
  }
}

test('a hundred trackers that came and went leave no timer, listener, lock, channel or memory behind', async () => {
  await stage.context.addInitScript(count);
  const { page, faults } = await stage.openPage();
  await stage.show(page, '<script src="/pkg/session-tracker.iife.js"></script>');
  const devtools = await stage.context.newCDPSession(page);
  await devtools.send('Performance.enable');
  const weigh = async () => {
    // What a finaliser lets go of is garbage for the next collection.
    for (let times = 0; times < 5; times += 1) await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await devtools.send('Performance.getMetrics');
    const metric = (wanted) => metrics.find(({ name }) => name === wanted).value;
    const memory = await page.evaluate(() => window.held.memory.buffer.byteLength);
    return { listeners: metric('JSEventListeners'), nodes: metric('Nodes'), heap: metric('JSHeapUsedSize'), memory };
  };
  const settled = () => page.waitForFunction(async () => (await navigator.locks.query()).held.length === 0);

  // The first ones compile the module, and make it as large as so many need before a collection.
  await page.evaluate(comeAndGo, ROUNDS);
  await settled();
  const before = await weigh();
  await page.evaluate(comeAndGo, ROUNDS);
  await settled();
  const after = await weigh();

  assert.deepEqual({ listeners: after.listeners, nodes: after.nodes, memory: after.memory }, { listeners: before.listeners, nodes: before.nodes, memory: before.memory });
  assert.ok(after.heap - before.heap < ROUNDS * BYTES_A_ROUND, `the heap grew by ${after.heap - before.heap} bytes`);
  const left = await page.evaluate(async () => {
    const { held, pending } = await navigator.locks.query();
    const { timers, channels, rejections } = window.held;
    return { locks: held.length + pending.length, timers: timers.size, channels: channels.size, rejections };
  });
  assert.deepEqual(left, { locks: 0, timers: 0, channels: 0, rejections: [] });
  assert.deepEqual(faults, []);
});
