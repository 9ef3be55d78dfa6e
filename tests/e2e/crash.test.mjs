/* The time of a visit whose page crashes: it ends with the goodbye that the browser holds for it, or else with the last heartbeat that arrived. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage, trackerIsLive } from './browser.mjs';
import { startServer } from './server.mjs';
import { until } from './until.mjs';

const BEAT_SECONDS = 5;
const SIXTY_ONE_MINUTES = 61 * 60;

let browser;
let server;

before(async () => {
  browser = await launch();
  server = await startServer(['--heartbeat-seconds', `${BEAT_SECONDS}`]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test('after a crash, total and active time are true within one heartbeat', async () => {
  const session = () => server.rows('SELECT * FROM user_sessions')[0];
  const context = await browser.newContext();
  const { page } = await openPage(context);
  const secondsFrom = (from) => (performance.now() - from) / 1000;
  const pass = (seconds) => page.evaluate((to) => new Promise((reached) => setTimeout(reached, to * 1000)), seconds);

  await page.goto(`${server.origin}/site/`);
  await trackerIsLive(page);
  const began = performance.now();
  await until('the first heartbeat was stored', () => session().active_seconds >= BEAT_SECONDS - 1);
  await page.evaluate(() => dispatchEvent(new Event('blur')));
  const blurred = performance.now();
  await pass(BEAT_SECONDS);
  await page.evaluate(() => dispatchEvent(new Event('focus')));
  const away = secondsFrom(blurred);
  // Far from the heartbeat before, so that most of an interval is lost.
  const { last_heartbeat_at: before } = session();
  await until('another heartbeat was stored', () => session().last_heartbeat_at > before);
  await pass(0.8 * BEAT_SECONDS);

  const devtools = await context.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  void devtools.send('Page.crash').catch(() => {});
  await crashed;
  const truth = { total: secondsFrom(began), active: secondsFrom(began) - away };

  await server.restart(['--clock-ahead-seconds', `${SIXTY_ONE_MINUTES}`]);
  await until('the session has ended', () => session().ended_at !== null);
  const { end_reason, total_duration_seconds: total, active_seconds: active } = session();
  // Chromium says the goodbye that it holds for a page (fetchLater) when its renderer crashes; elsewhere the server finds out.
  assert.ok(['app_close', 'crash', 'timeout'].includes(end_reason), end_reason);
  // Seconds are stored rounded down.
  const isWithinABeat = (stored, real) => stored <= real + 1 && stored + 1 >= real - BEAT_SECONDS;
  assert.ok(isWithinABeat(total, truth.total), `${total} s altogether; by the watch ${truth.total.toFixed(1)}`);
  assert.ok(isWithinABeat(active, truth.active), `${active} s in use; by the watch ${truth.active.toFixed(1)}`);
  await context.close();
});
