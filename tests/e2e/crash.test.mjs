/* The time of a visit whose page crashes: it ends with the goodbye that the browser holds for it, or else with the last heartbeat that arrived. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trackerIsLive } from './browser.mjs';
import { openStage } from './stage.mjs';
import { until } from './until.mjs';

const BEAT_SECONDS = 5;
const SIXTY_ONE_MINUTES = 61 * 60;

const stage = openStage({ flags: ['--heartbeat-seconds', `${BEAT_SECONDS}`] });

test('after a crash, total and active time are true within one heartbeat', async () => {
  const session = () => stage.server.rows('SELECT * FROM user_sessions')[0];
  const { page } = await stage.openPage();
  const now = () => performance.now() / 1000;
  const pass = (seconds) => page.evaluate((to) => new Promise((reached) => setTimeout(reached, to * 1000)), seconds);

  // Whatever is done to the page happens at some moment between its asking and its answer.
  const opens = now();
  await page.goto(`${stage.server.origin}/site/`);
  await trackerIsLive(page);
  const lives = now();
  await until('the first heartbeat was stored', () => session().active_seconds >= BEAT_SECONDS - 1);
  const blurs = now();
  await page.evaluate(() => dispatchEvent(new Event('blur')));
  const blurred = now();
  await pass(BEAT_SECONDS);
  const focuses = now();
  await page.evaluate(() => dispatchEvent(new Event('focus')));
  const focused = now();
  // Far from the heartbeat before, so that most of an interval is lost.
  const { last_heartbeat_at: before } = session();
  await until('another heartbeat was stored', () => session().last_heartbeat_at > before);
  await pass(0.8 * BEAT_SECONDS);

  const devtools = await stage.context.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  const crashes = now();
  void devtools.send('Page.crash').catch(() => {});
  await crashed;
  const gone = now();

  await stage.server.restart(['--clock-ahead-seconds', `${SIXTY_ONE_MINUTES}`]);
  await until('the session has ended', () => session().ended_at !== null);
  const { end_reason, total_duration_seconds: total, active_seconds: active } = session();
  // Chromium says the goodbye that it holds for a page (fetchLater) when its renderer crashes; elsewhere the server finds out.
  assert.ok(['app_close', 'crash', 'timeout'].includes(end_reason), end_reason);
  const isTrueWithinABeat = (what, stored, least, most) =>
    // Seconds are stored rounded down.
    assert.ok(stored <= most && stored + 1 >= least - BEAT_SECONDS, `${stored} s ${what}; by the watch ${least.toFixed(1)} to ${most.toFixed(1)}`);
  isTrueWithinABeat('altogether', total, crashes - lives, gone - opens);
  isTrueWithinABeat('in use', active, crashes - lives - (focused - blurs), gone - opens - (focuses - blurred));
});
