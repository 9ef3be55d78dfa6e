/* A visit from its first page to its last beacon, told by the rows that it leaves in the database. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeTab, everythingIsDelivered, ledgerOf, trackerIsLive } from './browser.mjs';
import { openStage } from './stage.mjs';
import { until } from './until.mjs';

const stage = openStage();

const sessions = () => stage.server.rows('SELECT * FROM user_sessions');

/* Told by the visitor's clock; within one tab's millisecond, by its counter. */
const events = () =>
  stage.server
    .rows("SELECT * FROM session_events WHERE event_type NOT IN ('session_start', 'session_end') ORDER BY occurred_at, seq")
    .map(({ event_type, section, event_data }) => [event_type, section, JSON.parse(event_data)?.name]);

const sessionEnded = () => until('the session has ended', () => sessions().every(({ ended_at }) => ended_at !== null));

test('three pages, clicks, a lost network and a closed tab are one session with every event once', async () => {
  const { page, faults } = await stage.openPage();
  await page.goto(`${stage.server.origin}/site/`);
  await trackerIsLive(page);
  await page.getByRole('button', { name: 'I like it' }).first().click();
  await page.getByRole('link', { name: 'See the prices' }).click();
  await page.waitForURL('**/pricing/');
  await trackerIsLive(page);
  await page.getByRole('button', { name: 'Choose medium' }).click();
  await everythingIsDelivered(page);

  const failed = page.waitForEvent('requestfailed', (request) => request.url().includes('/api/sessions/'));
  await stage.context.setOffline(true);
  await page.getByRole('button', { name: 'Choose small' }).click();
  await failed;
  assert.equal((await ledgerOf(page)).delivered, (await ledgerOf(page)).accepted - 1);
  await stage.context.setOffline(false);
  await everythingIsDelivered(page);

  await page.getByRole('link', { name: 'Docs' }).click();
  await page.waitForURL('**/docs/');
  await trackerIsLive(page);
  await page.getByRole('button', { name: 'Download the drawing' }).click();
  await closeTab(page);
  await sessionEnded();

  const [session, ...others] = sessions();
  assert.deepEqual(others, []);
  assert.equal(session.status, 'ended');
  assert.equal(session.end_reason, 'app_close');
  assert.equal(session.app_section, 'docs');
  assert.deepEqual(events(), [
    ['page_view', 'home', undefined],
    ['button_click', 'home', 'like'],
    ['button_click', 'home', 'see_prices'],
    ['section_change', 'pricing', undefined],
    ['page_view', 'pricing', undefined],
    ['button_click', 'pricing', 'buy'],
    ['button_click', 'pricing', 'buy'],
    ['section_change', 'docs', undefined],
    ['page_view', 'docs', undefined],
    ['button_click', 'docs', 'download'],
  ]);
  const unaccounted = stage.server.rows(
    `SELECT tab_id, last_seq, (SELECT count(*) FROM session_events e WHERE e.tab_id = t.tab_id AND e.seq IS NOT NULL) AS stored
     FROM session_tabs t WHERE stored <> last_seq OR dropped <> '[]'`,
  );
  assert.deepEqual(unaccounted, []);
  assert.deepEqual(faults, []);
});

test('a page that the browser brings back as it was left goes on in the same session', async () => {
  const { page, faults } = await stage.openPage();
  await page.goto(`${stage.server.origin}/site/pricing/`);
  await trackerIsLive(page);
  await page.evaluate(() => {
    window.untouched = true;
  });
  await page.getByRole('link', { name: 'Docs' }).click();
  await page.waitForURL('**/docs/');
  await trackerIsLive(page);
  // A page that comes back does not load.
  await page.goBack({ waitUntil: 'commit' });
  assert.equal(await page.evaluate(() => window.untouched), true, 'the page came from the back/forward cache');
  await page.getByRole('button', { name: 'Choose large' }).click();
  await everythingIsDelivered(page);

  assert.deepEqual(sessions().map(({ status, app_section }) => [status, app_section]), [['active', 'pricing']]);
  assert.deepEqual(events().at(-1), ['button_click', 'pricing', 'buy']);
  assert.deepEqual(faults, []);
});

test('closing one of two tabs ends nothing, and closing the last one does', async () => {
  const staying = await stage.openPage();
  await staying.page.goto(`${stage.server.origin}/site/`);
  await trackerIsLive(staying.page);
  const closing = await stage.openPage();
  await closing.page.goto(`${stage.server.origin}/site/pricing/`);
  await trackerIsLive(closing.page);
  await closing.page.getByRole('link', { name: 'Docs' }).click();
  await closing.page.waitForURL('**/docs/');
  await trackerIsLive(closing.page);
  await closeTab(closing.page);
  await staying.page.getByRole('button', { name: 'I like it' }).first().click();
  await everythingIsDelivered(staying.page);
  assert.deepEqual(sessions().map(({ ended_at }) => ended_at), [null]);
  assert.ok(!events().some(([type]) => type === 'session_end'), 'nobody said goodbye');
  await closeTab(staying.page);
  await sessionEnded();
  assert.deepEqual(sessions().map(({ status, end_reason }) => [status, end_reason]), [['ended', 'app_close']]);
  assert.deepEqual([staying.faults, closing.faults], [[], []]);
});

test('what a tracked element says of itself arrives with the click, in any script', async () => {
  const { page } = await stage.openPage();
  await page.goto(`${stage.server.origin}/site/pricing/`);
  await trackerIsLive(page);
  await page.getByRole('button', { name: 'Choose medium' }).click();
  await everythingIsDelivered(page);
  const [{ event_data }] = stage.server.rows("SELECT event_data FROM session_events WHERE event_type = 'button_click'");
  assert.deepEqual(JSON.parse(event_data), { name: 'buy', plan: 'Größe M' });
});

test('a call made before the script has loaded is stored once', async () => {
  const { page, faults } = await stage.openPage();
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route('**/session-tracker.iife.js', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${stage.server.origin}/site/`, { waitUntil: 'commit' });
  await page.waitForFunction(() => window.sessionTracker?.q?.length === 1);
  release();
  await trackerIsLive(page);
  await everythingIsDelivered(page);
  assert.deepEqual(events(), [['page_view', 'home', undefined]]);
  assert.deepEqual(faults, []);
});

test('a form is an event, without what was written into it', async () => {
  const { page } = await stage.openPage();
  await page.goto(`${stage.server.origin}/site/contact/`);
  await trackerIsLive(page);
  await page.getByLabel('About').selectOption('A repair');
  await page.getByLabel('Message').fill('My switch is loose.');
  await page.getByLabel('Message').press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Thank you').waitFor();
  await everythingIsDelivered(page);
  const [{ event_data }] = stage.server.rows("SELECT event_data FROM session_events WHERE event_type = 'form_submit'");
  assert.deepEqual(JSON.parse(event_data), { form: 'contact', topic: 'A repair', characters: 19 });
});

test('a React application in StrictMode makes one session, whose sections are its pages', async () => {
  const { page, faults } = await stage.openPage();
  await page.goto(`${stage.server.origin}/app/`);
  await page.getByLabel('Your name').fill('ada');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('"status": "live"').waitFor();
  await page.getByRole('link', { name: 'Basket' }).click();
  await page.getByText('"section": "basket"').waitFor();
  await page.getByRole('button', { name: 'Choose the chair' }).click();
  const eventId = (await page.getByText('Logged as').textContent()).replace('Logged as ', '');
  await closeTab(page);
  await sessionEnded();

  assert.equal(sessions().length, 1);
  assert.equal(sessions()[0].platform, 'react');
  assert.equal(sessions()[0].user_id, 'ada');
  assert.equal(sessions()[0].end_reason, 'app_close');
  assert.deepEqual(events(), [
    ['section_change', 'basket', undefined],
    ['button_click', 'basket', 'choose'],
  ]);
  assert.equal(stage.server.rows('SELECT 1 FROM session_events WHERE event_id = ?', eventId).length, 1);
  assert.deepEqual(faults, []);
});
