/* A tab that Chromium throws away to save memory, by the button of its own page for that, and loads again: told by the rows. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startServer } from './server.mjs';
import { until } from './until.mjs';
import { startUnwatched } from './unwatched.mjs';

const PAGE = `<!doctype html><title>thrown away</title>
  <script async src="/pkg/session-tracker.iife.js" data-endpoint="/api/sessions" data-flush-seconds="0"></script>
  <script>
    addEventListener('load', () => window.sessionTracker.logEvent('loaded', { wasDiscarded: document.wasDiscarded }));
  </script>`;

let folder;
let browser;
let server;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'session-tracker-discarded-'));
  mkdirSync(join(folder, 'own'));
  writeFileSync(join(folder, 'own/index.html'), PAGE);
  server = await startServer([], { '--www': folder });
  browser = startUnwatched(join(folder, 'profile'));
});
after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/* The row of the other tab on Chromium's page about what it may throw away, which has to be asked for first. The page is made of shadow roots. */
async function rowOfTab(url) {
  const page = await browser.watch('chrome://chrome-urls/');
  const among = (expression) => `(() => {
    const all = [];
    const walk = (root) => root.querySelectorAll('*').forEach((one) => (all.push(one), one.shadowRoot && walk(one.shadowRoot)));
    walk(document);
    const row = all.find((one) => one.tagName === 'TR' && one.textContent.includes('${url}'));
    return ${expression};
  })()`;
  const click = (what) => among(`((found) => (found?.click(), !!found))(${what})`);
  await until('the button is there', () => page.evaluate(click("all.find((one) => one.tagName === 'CR-BUTTON' && one.textContent.includes('Enable internal'))")));
  await page.goto('chrome://discards/discards');
  return {
    press: (name) => until(`${name} is there`, () => page.evaluate(click(`row && [...row.querySelectorAll('div')].find((one) => one.textContent.trim() === '${name}')`))),
    says: (word) => until(`the row says ${word}`, () => page.evaluate(among(`!!row?.textContent.includes('${word}')`))),
  };
}

const loads = () => server.rows("SELECT session_id, tab_id, event_data FROM session_events WHERE event_type = 'loaded' ORDER BY received_at");

test('a tab that was thrown away and is loaded again goes on in its session', async () => {
  await browser.open(`${server.origin}/own/`);
  await until('the first load is stored', () => loads().length === 1);
  const row = await rowOfTab(`${server.origin}/own/`);
  await row.press('[Urgent Discard]');
  await row.says('unloaded');
  await row.press('[Load]');
  await until('the tab is loaded again', () => loads().length === 2);
  const [first, second] = loads();
  assert.deepEqual([JSON.parse(first.event_data), JSON.parse(second.event_data)], [{ wasDiscarded: false }, { wasDiscarded: true }]);
  assert.equal(second.session_id, first.session_id);
  assert.notEqual(second.tab_id, first.tab_id);
  const sessions = server.rows('SELECT id, ended_at, end_reason, previous_id FROM user_sessions');
  assert.deepEqual(sessions, [{ id: first.session_id, ended_at: null, end_reason: null, previous_id: null }]);
});
