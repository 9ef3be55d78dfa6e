/*
 * Nobody does anything for a while, in a real Chromium whose page lives by a clock of its own: the person is idle, the session is about to expire, and ends.
 * Told by the events that the page hears and the rows in the database.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trackerIsLive } from './browser.mjs';
import { openStage, putPage, scriptTag } from './stage.mjs';
import { until } from './until.mjs';

const stage = openStage();

/* A page whose time stands still but for `pass`, and in whose `heard` stands what the tracker told. */
async function open(attributes = '') {
  const { page, faults } = await stage.openPage();
  await putPage(page, scriptTag(attributes));
  const start = Date.now();
  await page.clock.install({ time: start });
  await page.goto(`${stage.server.origin}/own/`);
  await trackerIsLive(page);
  await page.clock.pauseAt(start + 60_000);
  await page.evaluate(() => {
    window.heard = [];
    for (const name of ['started', 'resumed', 'expiring', 'ended']) {
      window.sessionTracker.on(name, ({ message, reason }) => window.heard.push([name, message ?? reason].filter(Boolean).join(': ')));
    }
  });
  return { page, faults };
}

/* A longer step would count as sleep. What the page sends is answered in real time, so each step waits for it. */
async function pass(page, minutes) {
  for (let step = 0; step < minutes * 2; step += 1) {
    await page.clock.runFor(30_000);
    await page.evaluate(() => window.sessionTracker.flush());
  }
}

const state = (page) => page.evaluate(() => window.sessionTracker.getState());
const heard = (page) => page.evaluate(() => window.heard);
const rows = () => stage.server.rows('SELECT id, status, end_reason, previous_id, activity_count FROM user_sessions ORDER BY id');
const statusIs = (status) => until(`the row says ${status}`, () => rows().at(-1).status === status);

/* The tracker counts no two inputs within a second, by the browser's own clock. */
const touch = (page) => page.keyboard.press('Shift');

test('a person who touches nothing for five minutes is idle, though the page goes on beating, and active again with the next input', async () => {
  const { page, faults } = await open();
  await touch(page);
  await pass(page, 4.5);
  assert.equal((await state(page)).person, 'active');
  await pass(page, 0.5);
  assert.equal((await state(page)).person, 'idle');
  await statusIs('idle');
  const beats = [];
  page.on('request', (request) => request.url().endsWith('/heartbeat') && beats.push(request.postDataJSON()));
  await pass(page, 3);
  assert.equal(beats.length, 6);
  const [{ activity_count: count }] = rows();
  await touch(page);
  await page.waitForFunction(() => window.sessionTracker.getState().person === 'active');
  await statusIs('active');
  assert.equal(rows()[0].activity_count, count + 1);
  assert.deepEqual([rows().length, await heard(page), faults], [1, [], []]);
});

test('five minutes before it ends for want of input the session is told to expire, and it ends; the next input begins another', async () => {
  const { page, faults } = await open('data-inactivity-minutes="7"');
  await touch(page);
  await pass(page, 1.5);
  assert.deepEqual(await heard(page), []);
  await pass(page, 0.5);
  assert.deepEqual(await heard(page), ['expiring: Session will expire in 5 minutes']);
  await pass(page, 4.5);
  assert.equal((await state(page)).status, 'live');
  await pass(page, 0.5);
  assert.deepEqual((await heard(page)).slice(1), ['ended: timeout']);
  await statusIs('timeout');
  await pass(page, 5);
  const [first, ...others] = rows();
  assert.deepEqual([first.end_reason, others, (await state(page)).status], ['timeout', [], 'ended'], 'nobody is there');
  await touch(page);
  await trackerIsLive(page);
  const [, second] = rows();
  assert.deepEqual([rows().length, second.status, second.previous_id], [2, 'active', first.id]);
  assert.deepEqual([(await heard(page)).slice(2), faults], [['started'], []]);
});

test('whoever does something after the warning stays, and is warned again when they stop', async () => {
  const { page, faults } = await open('data-inactivity-minutes="6"');
  await pass(page, 4);
  assert.equal((await heard(page)).length, 1);
  await touch(page);
  await pass(page, 0.5);
  assert.deepEqual([(await heard(page)).length, (await state(page)).status], [1, 'live']);
  await pass(page, 4);
  assert.deepEqual([await heard(page), (await state(page)).status], [Array(2).fill('expiring: Session will expire in 5 minutes'), 'live']);
  assert.deepEqual([rows().map(({ end_reason }) => end_reason), faults], [[null], []]);
});
