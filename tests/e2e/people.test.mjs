/* What people choose and who they are, and tabs that vanish, in a real Chromium: told by what leaves the page, what storage holds and the rows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everythingIsDelivered, trackerIsLive } from './browser.mjs';
import { openStage, scriptTag } from './stage.mjs';
import { until } from './until.mjs';

const stage = openStage();

/* A page of the server's origin with nothing in it but the tracker. */
async function open(attributes) {
  const { page, faults } = await stage.openPage();
  const asked = [];
  page.on('request', (request) => request.url().includes('/api/') && asked.push(request));
  await stage.show(page, scriptTag(attributes));
  await page.waitForFunction(() => window.sessionTracker?.getState);
  return { page, faults, asked };
}

const stored = (page) => page.evaluate(() => Object.keys(localStorage));
const state = (page) => page.evaluate(() => window.sessionTracker.getState());
const logged = () => stage.server.rows("SELECT session_id, event_type FROM session_events WHERE event_type NOT LIKE 'session_%' ORDER BY occurred_at, seq");
const types = () => logged().map(({ event_type }) => event_type);

/* By the time that an answer to this has come, whatever the page had begun before has left it. */
const aMomentLater = (page) => page.evaluate(() => fetch('/livez').then(() => new Promise((resolve) => setTimeout(resolve))));

test('while consent is pending nothing is sent or written; once it is given, all that happened arrives', async () => {
  const { page, faults, asked } = await open('data-consent="pending"');
  await page.evaluate(() => ['one', 'two'].forEach((type) => window.sessionTracker.logEvent(type)));
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await aMomentLater(page);
  assert.deepEqual([asked.length, await stored(page)], [0, []]);
  await page.evaluate(() => window.sessionTracker.optIn());
  await trackerIsLive(page);
  await everythingIsDelivered(page);
  assert.deepEqual(types(), ['one', 'two']);
  await page.reload();
  await page.waitForFunction(() => window.sessionTracker?.getState);
  await page.evaluate(() => (window.sessionTracker.logEvent('three'), window.sessionTracker.optIn()));
  await trackerIsLive(page);
  await everythingIsDelivered(page);
  assert.deepEqual([types(), new Set(logged().map(({ session_id }) => session_id)).size], [['one', 'two', 'three'], 1], 'and the next page is of the same session');
  assert.deepEqual(faults, []);
});

test('a person who goes while consent is pending has never been there', async () => {
  const { page, asked } = await open('data-consent="pending"');
  await page.evaluate(() => window.sessionTracker.logEvent('one'));
  await page.goto(`${stage.server.origin}/livez`);
  assert.deepEqual([asked.length, stage.server.rows('SELECT 1 FROM user_sessions')], [0, []]);
});

test('an opt-out with purge stops at once, clears all but one entry in all tabs, and outlives a reload', async () => {
  const [one, other] = [await open(''), await open('')];
  await Promise.all([one, other].map(({ page }) => trackerIsLive(page)));
  await one.page.evaluate(() => localStorage.setItem('not-ours', 'stays'));
  await one.page.route('**/api/sessions/batch', () => {}); // Never answered: it travels when the person decides.
  await one.page.evaluate(() => {
    window.sessionTracker.logEvent('travels');
    void window.sessionTracker.flush();
    window.sessionTracker.logEvent('waits');
    window.sessionTracker.optOut({ purge: true });
  });
  await other.page.waitForFunction(() => window.sessionTracker.getState().status === 'opted-out');
  assert.deepEqual((await stored(one.page)).sort(), ['not-ours', 'session-tracker:optout']);
  assert.deepEqual(await one.page.evaluate(() => window.sessionTracker.ledger.dropped), { opted_out: 2 });
  for (const { page, asked } of [one, other]) {
    asked.length = 0;
    await page.reload();
    await page.waitForFunction(() => window.sessionTracker?.getState);
    await page.evaluate(() => window.sessionTracker.logEvent('late'));
    await aMomentLater(page);
    assert.deepEqual([await state(page), asked.length, (await stored(page)).sort()], [{ status: 'opted-out' }, 0, ['not-ours', 'session-tracker:optout']]);
  }
  assert.deepEqual(types(), []);
  assert.deepEqual([one.faults, other.faults], [[], []]);
});

test('Global Privacy Control is an opt-out with purge, until the person says otherwise', async () => {
  await stage.context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { value: true }));
  const { page, asked } = await open('');
  await aMomentLater(page);
  assert.deepEqual([await state(page), asked.length, await stored(page)], [{ status: 'opted-out' }, 0, ['session-tracker:optout']]);
  await page.evaluate(() => window.sessionTracker.optIn());
  await trackerIsLive(page);
  await page.reload();
  await trackerIsLive(page);
  assert.equal(stage.server.rows('SELECT 1 FROM user_sessions').length, 1);
});

test('a login ends the visitor’s session as replaced and goes on in the person’s own', async () => {
  const { page, faults } = await open('');
  await trackerIsLive(page);
  await page.evaluate(() => {
    window.sessionTracker.logEvent('as a visitor');
    window.sessionTracker.identify('ada');
    window.sessionTracker.logEvent('as ada');
  });
  await trackerIsLive(page);
  await everythingIsDelivered(page);
  const [visitor, ada] = stage.server.rows('SELECT * FROM user_sessions ORDER BY started_at, previous_id');
  assert.deepEqual([visitor.end_reason, ada.user_id, ada.status, ada.previous_id], ['replaced', 'ada', 'active', visitor.id]);
  assert.deepEqual(
    logged().map(({ session_id, event_type }) => [session_id, event_type]),
    [[visitor.id, 'as a visitor'], [ada.id, 'as ada']],
  );
  await page.reload();
  await trackerIsLive(page);
  assert.deepEqual(faults, []);
});

test('when the tab that leads crashes, another one beats within one beat', async () => {
  const beat = 5;
  const tabs = [await open(`data-heartbeat-seconds="${beat}"`)];
  await trackerIsLive(tabs[0].page);
  tabs.push(await open(`data-heartbeat-seconds="${beat}"`));
  await trackerIsLive(tabs[1].page);
  const beats = ({ asked }) => asked.filter((request) => request.postData()?.includes('"heartbeat"')).length;
  await until('the first tab beats', () => beats(tabs[0]) > 0);
  assert.equal(beats(tabs[1]), 0, 'one beats for both');
  const devtools = await stage.context.newCDPSession(tabs[0].page);
  const crashed = tabs[0].page.waitForEvent('crash');
  void devtools.send('Page.crash').catch(() => {});
  await crashed;
  // A beat at most until the lock is tried for, and one since the last heartbeat.
  await until('the other tab beats', () => beats(tabs[1]) > 0, { seconds: 2 * beat + 1 });
  assert.deepEqual(stage.server.rows('SELECT status FROM user_sessions'), [{ status: 'active' }]);
  assert.deepEqual(tabs[1].faults, []);
});
