/*
 * The tracker against a backend that is not ours: the example of five handlers in www/examples/own-backend, whose sessions are read from its
 * memory. It has only the core profile, so each event is a request of its own.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { closeTab, everythingIsDelivered, launch, openPage, trackerIsLive } from './browser.mjs';
import { until } from './until.mjs';

const SCRIPT = fileURLToPath(new URL('../../pkg/dist/session-tracker.iife.js', import.meta.url));
const PAGE = `<!doctype html><title>Mine</title>
<script src="/session-tracker.iife.js" data-endpoint="/api/sessions" data-user-id="ada" data-auto-sections="/" data-flush-seconds="0"></script>
<button data-track="buy" data-track-plan="Größe M">Buy</button>`;

let browser;
let backend;
let origin;
let context;

before(async () => {
  process.env.PORT = '0';
  backend = await import('../../www/examples/own-backend/backend.mjs');
  await until('the backend listens', () => backend.server.address());
  origin = `http://127.0.0.1:${backend.server.address().port}`;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  backend.server.closeAllConnections();
  backend.server.close();
});
beforeEach(async () => {
  backend.sessions.clear();
  context = await browser.newContext();
  await context.route('**/*.iife.js', (route) => route.fulfill({ path: SCRIPT, contentType: 'text/javascript' }));
  for (const path of ['/shop/', '/basket/']) {
    await context.route(`${origin}${path}`, (route) => route.fulfill({ contentType: 'text/html', body: PAGE }));
  }
});
afterEach(() => context.close());

const sessions = () => [...backend.sessions.values()];
const events = () => sessions().flatMap((session) => [...session.events.values()].map((event) => [event.eventType, event.section, event.eventData?.name]));

async function visit(page, path) {
  await page.goto(`${origin}${path}`);
  await trackerIsLive(page);
}

async function leave(page) {
  await closeTab(page);
  await until('the session has ended', () => sessions().every(({ ended }) => ended));
}

test('two pages, clicks and a closed tab are one session with every event once, the last ones by beacon', async () => {
  const { page, faults } = await openPage(context);
  await visit(page, '/shop/');
  await page.getByRole('button').click();
  await everythingIsDelivered(page);
  await visit(page, '/basket/');
  await everythingIsDelivered(page);
  await page.evaluate(() => {
    for (const name of ['first', 'second', 'third']) window.sessionTracker.logEvent('last_words', { name });
  });
  await leave(page);
  // Each is a beacon of its own, and beacons may overtake each other.
  await until('its last words have come', () => events().length >= 5);

  const [session, ...others] = sessions();
  assert.deepEqual(others, []);
  assert.equal(session.userId, 'ada');
  assert.equal(session.section, 'basket');
  assert.deepEqual(session.entered, ['shop', 'basket']);
  assert.equal(session.ended.reason, 'app_close');
  assert.deepEqual(events().slice(0, 2), [
    ['button_click', 'shop', 'buy'],
    ['section_change', 'basket', undefined],
  ]);
  assert.deepEqual(events().slice(2).sort(), ['first', 'second', 'third'].map((name) => ['last_words', 'basket', name]));
  assert.deepEqual(faults, []);
});

test('an event whose answer was lost is sent again, and stored once', async () => {
  const { page, faults } = await openPage(context);
  await visit(page, '/shop/');
  let lost = 0;
  await context.route('**/api/sessions/log-event', async (route) => {
    await route.fetch();
    lost += 1;
    await route.abort('connectionreset');
    await context.unroute('**/api/sessions/log-event');
  });
  await page.getByRole('button').click();
  await everythingIsDelivered(page);
  assert.equal(lost, 1);
  assert.deepEqual(events(), [['button_click', 'shop', 'buy']]);
  assert.deepEqual(faults, []);
});

test('a page that comes back takes the session up again, and a logout ends it for good', async () => {
  const { page: first } = await openPage(context);
  await visit(first, '/shop/');
  await leave(first);
  const { page, faults } = await openPage(context);
  await visit(page, '/basket/');
  await until('the goodbye is taken back', () => sessions().every(({ ended }) => !ended));
  await page.evaluate(() => window.sessionTracker.end('logout'));
  await until('the session has ended', () => sessions().every(({ ended }) => ended?.reason === 'logout'));
  const stats = await page.evaluate(() => window.sessionTracker.getStats(30));
  assert.equal(stats.totalSessions, 1);
  assert.deepEqual(stats.sectionCounts, { shop: 1, basket: 1 });
  assert.equal(sessions().length, 1);
  assert.deepEqual(faults, []);
});
