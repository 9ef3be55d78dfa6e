/*
 * Total and active time of one visit, as its person would measure them, against what the server stored. WebDriver drives the browser, for it
 * leaves visibility and focus as they are. The device's sleep takes real time: every process of the browser is stopped for 90 s.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'node:test';
import { startServer } from '../server.mjs';
import { until } from '../until.mjs';
import { engines, makeProfile, startBrowser } from './driver.mjs';

const SLEEP_SECONDS = 90;

for (const engine of engines.filter((name) => name === 'Chromium')) {
  test('hiding, blurring, a clock that jumps and a sleep of 90 s: total and active time are true to a second', async () => {
    const server = await startServer();
    const profile = makeProfile();
    const browser = await startBrowser(engine, profile);
    const session = () => server.rows('SELECT * FROM user_sessions')[0];
    try {
      const watch = startWatch();
      const first = await browser.tab();
      const empty = await browser.openTab();
      await browser.goToTab(first);
      await browser.goto(`${server.origin}/site/`);
      await isLive(browser);
      watch.begin();

      await watch.inUse(2);
      await browser.goToTab(empty);
      await watch.away(2);
      await browser.goToTab(first);
      await watch.inUse(2);

      await browser.run("dispatchEvent(new Event('blur'))");
      await watch.away(2);
      await browser.run("dispatchEvent(new Event('focus'))");
      // The visitor's calendar is set an hour back, and right again. (Set an hour ahead, nothing tells it from an hour of sleep.)
      await browser.run('const { now } = Date; Date.now = () => now() - 3_600_000; window.setRight = () => (Date.now = now)');
      await watch.inUse(2);
      await browser.run("sessionTracker.logEvent('in_the_wrong_hour'); setRight()");
      await watch.inUse(1);

      // Time is counted up to what the person did last, and what passes from there to the waking is sleep as a whole.
      await browser.click('h1');
      browser.sleep();
      await watch.away(SLEEP_SECONDS);
      browser.wake();
      await watch.inUse(2);
      watch.end();
      await browser.goto('about:blank');
      await until('the session has ended', () => session().ended_at !== null);

      const { total_duration_seconds: total, active_seconds: active } = session();
      const truth = watch.read();
      assert.ok(Math.abs(total - truth.total) <= 1, `${total} s altogether; by the watch ${truth.total.toFixed(1)}`);
      // Seconds are stored rounded down.
      assert.ok(active - truth.active <= 1 && truth.active - active <= 2, `${active} s in use; by the watch ${truth.active.toFixed(1)}`);
    } finally {
      await browser.quit();
      await server.stop();
      profile.remove();
    }
  });
}

const isLive = (browser) => until('the session is live', () => browser.run("return window.sessionTracker?.getState?.().status === 'live'"));

/* What the test itself takes to say things to the browser belongs to whatever was going on when it began to say them. */
function startWatch() {
  const seconds = () => performance.now() / 1000;
  let active = 0;
  let isInUse = true;
  let since;
  let began;
  let ended;
  const turn = (inUse) => {
    const now = seconds();
    if (isInUse) active += now - since;
    [isInUse, since] = [inUse, now];
  };
  return {
    begin: () => (began = since = seconds()),
    async inUse(duration) {
      turn(true);
      await pause(duration * 1000);
    },
    async away(duration) {
      turn(false);
      await pause(duration * 1000);
    },
    end() {
      turn(false);
      ended = seconds();
    },
    read: () => ({ active, total: ended - began }),
  };
}
