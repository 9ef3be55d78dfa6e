/* The dashboard, on the real server with a day of visits behind it. Its pictures stand in screenshots/ for whoever wants to look. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { overflowOf, violationsOf } from './accessible.mjs';
import { closeTab, trackerIsLive } from './browser.mjs';
import { openStage, picture } from './stage.mjs';
import { until } from './until.mjs';
import { aDayOfVisits, visit } from './visits.mjs';

const stage = openStage({ visitor: { viewport: { width: 1360, height: 900 }, timezoneId: 'Europe/Vienna' } });

const tile = (page, name) => page.locator('.tiles .card', { hasText: name }).locator('.value');
const connected = (page) => page.getByText('Connected.').waitFor({ state: 'attached' });

async function openDashboard() {
  const opened = await stage.openPage();
  await opened.page.goto(`${stage.server.origin}/dashboard/`);
  await connected(opened.page);
  return opened;
}

test('a day of visits: figures, series, lengths, sections, events, gaps and jobs, for every eye and screen', async () => {
  await aDayOfVisits(stage.server.origin);
  const { page, faults } = await openDashboard();
  const [{ sessions, people }] = stage.server.rows('SELECT count(*) AS sessions, count(DISTINCT user_id) AS people FROM user_sessions');
  assert.equal(await tile(page, 'began in this time').innerText(), String(sessions));
  assert.equal(await tile(page, 'different ones').innerText(), String(people));
  assert.match(await tile(page, 'Average length').innerText(), /^\d+ min \d+ s$/);
  const delivery = page.locator('.delivery');
  assert.match(await delivery.innerText(), /Given up[^]*\n?\t?1\n[^]*Missing[^]*2/);
  assert.match(await delivery.innerText(), /1 tab has gaps/);
  assert.match(await tile(page, 'Delivered').innerText(), /^9\d\.\d+%$/);
  for (const section of ['home', 'pricing', 'docs', 'contact']) await page.locator('.counts th', { hasText: section }).waitFor();
  for (const job of ['end_inactive_sessions', 'cleanup_inactive_sessions', 'cleanup_old_sessions']) await page.getByRole('rowheader', { name: job }).waitFor();

  for (const [name, size, colorScheme] of [
    ['dashboard-desktop', { width: 1360, height: 900 }, 'light'],
    ['dashboard-dark', { width: 1360, height: 900 }, 'dark'],
    ['dashboard-tablet', { width: 820, height: 1100 }, 'light'],
    ['dashboard-phone', { width: 390, height: 844 }, 'light'],
    ['dashboard-phone-dark', { width: 390, height: 844 }, 'dark'],
  ]) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    await picture(page, name);
    assert.equal(await overflowOf(page), 0, `${name} is wider than its window`);
    assert.deepEqual(await violationsOf(page), [], name);
  }
  assert.deepEqual(faults, []);
});

test('a series is read with the keyboard, and as a table', async () => {
  await visit(stage.server.origin, { userId: 'ada', hoursAgo: 3, seconds: 60, sections: ['home'] });
  await visit(stage.server.origin, { userId: 'bob', hoursAgo: 3, seconds: 60, sections: ['home'] });
  await visit(stage.server.origin, { userId: 'cy', hoursAgo: 1, seconds: 60, sections: ['home'] });
  const { page, faults } = await openDashboard();
  const plot = page.getByRole('slider', { name: 'Sessions per hour: 3 sessions in 25 hours' });
  const said = () => plot.getAttribute('aria-valuetext');
  await plot.focus();
  assert.match(await said(), /: 0 sessions so far$/);
  await page.keyboard.press('ArrowLeft');
  assert.match(await said(), /^[A-Z][a-z]{2} \d+, \d+ [AP]M: 1 session$/);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  assert.match(await said(), /: 2 sessions$/);
  await page.keyboard.press('Home');
  assert.equal(await plot.getAttribute('aria-valuenow'), '0');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await plot.getAttribute('aria-valuenow'), '0');

  await page.locator('section', { has: plot }).getByText('As a table').click();
  const table = page.getByRole('region', { name: 'Sessions per hour, as a table' });
  assert.deepEqual((await table.locator('td').allInnerTexts()), ['1', '2']);
  assert.deepEqual(await violationsOf(page), []);
  assert.deepEqual(faults, []);
});

test('another range is another question, and what is shown stays until its answer is there', async () => {
  await visit(stage.server.origin, { userId: 'ada', hoursAgo: 3, seconds: 60, sections: ['home'] });
  await visit(stage.server.origin, { userId: 'bob', hoursAgo: 80, seconds: 60, sections: ['home'] });
  const { page, faults } = await openDashboard();
  assert.equal(await tile(page, 'began in this time').innerText(), '1');
  const answer = deferred();
  await page.route('**/api/analytics/summary?daysBack=7', async (route) => {
    await answer.promise;
    await route.continue();
  });
  await page.getByRole('radio', { name: '7 days' }).check();
  await page.locator('[aria-busy=true]').first().waitFor();
  assert.equal(await tile(page, 'began in this time').innerText(), '1');
  answer.resolve();
  await until('the other range is shown', async () => (await tile(page, 'began in this time').innerText()) === '2');
  assert.equal(await page.getByRole('radio', { name: '7 days' }).isChecked(), true);
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.getByRole('radio', { name: '30 days' }).isChecked(), true);
  await page.getByRole('slider', { name: /in 721 hours/ }).first().waitFor();
  await page.getByRole('radio', { name: '90 days' }).check();
  await page.getByRole('slider', { name: /in 91 days/ }).first().waitFor();
  assert.deepEqual(faults, []);
});

test('a visitor comes and goes by themselves, and nothing on the page jumps', async () => {
  await aDayOfVisits(stage.server.origin);
  const { page, faults } = await openDashboard();
  // What the first frame with figures moves is not what is meant here, and a page that is covered by another before that frame shows it when it is uncovered.
  await page.evaluate(() => new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown))));
  await page.evaluate(() => {
    window.shifts = [];
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(({ value }) => value))).observe({ type: 'layout-shift' });
  });
  const visitor = await stage.openPage();
  await visitor.page.goto(`${stage.server.origin}/site/pricing/`);
  await trackerIsLive(visitor.page);
  await page.bringToFront();
  await until('the visitor is online', async () => (await tile(page, 'Online now').innerText()) === '1');
  const row = page.locator('.people tbody tr');
  assert.match(await row.innerText(), /pricing[^]*Chromium/);
  await picture(page, 'dashboard-online');
  await closeTab(visitor.page);
  await until('the visitor has gone', async () => (await tile(page, 'Online now').innerText()) === '0');
  await page.getByText('Nobody is here at the moment.').waitFor();
  assert.deepEqual(await page.evaluate(() => window.shifts.filter((value) => value > 0.01)), []);
  assert.deepEqual(faults, []);
});

test('where nobody has been, every panel says so', async () => {
  const { page, faults } = await openDashboard();
  for (const sentence of ['Nobody is here', 'No sessions in this time', 'No events in this time', 'No event was numbered', 'No section was entered', 'No session ended']) {
    await page.getByText(sentence).first().waitFor();
  }
  await picture(page, 'dashboard-empty');
  assert.deepEqual(await violationsOf(page), []);
  assert.deepEqual(faults, []);
});

test('a server that is away is told of, the last figures stay, and all is well when it is back', async () => {
  await visit(stage.server.origin, { userId: 'ada', hoursAgo: 3, seconds: 60, sections: ['home'] });
  const { page, faults } = await openDashboard();
  await page.route('**/api/**', (route) => route.abort('connectionrefused'));
  await page.getByText('The server does not answer. Trying again').waitFor();
  assert.equal(await tile(page, 'began in this time').innerText(), '1');
  await picture(page, 'dashboard-trouble');
  assert.deepEqual(await violationsOf(page), []);
  await page.unroute('**/api/**');
  await connected(page);
  await page.route('**/api/analytics/online', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"title":"Too many writes are waiting"}' }));
  await page.getByText('The server answered with status 503 (Too many writes are waiting).').waitFor();
  assert.deepEqual(faults, []);
});

test('where the token is not handed out it is asked for; a wrong one is refused, the right one opens', async () => {
  const { token } = await (await fetch(`${stage.server.origin}/live/service-token`)).json();
  const { page, faults } = await stage.openPage();
  await page.route('**/live/service-token', (route) => route.fulfill({ status: 404, body: '' }));
  await page.goto(`${stage.server.origin}/dashboard/`);
  await page.getByText('does not hand its service token to pages').waitFor();
  assert.deepEqual(await violationsOf(page), []);
  await picture(page, 'dashboard-door');
  await page.getByLabel('Service token').fill('guessed');
  await page.keyboard.press('Enter');
  await page.getByText('The server does not take that service token.').waitFor();
  await page.getByLabel('Service token').fill(token);
  await page.keyboard.press('Enter');
  await connected(page);
  assert.deepEqual(faults, []);
});

test('what a visitor writes is shown as text and never runs', async () => {
  const markup = '<img src=x onerror="window.ran = true">';
  await visit(stage.server.origin, { userId: markup, hoursAgo: 0.001, seconds: 1, sections: [markup], reason: null });
  const { page, faults } = await openDashboard();
  await page.locator('.people td', { hasText: markup }).waitFor();
  await page.locator('.counts th', { hasText: markup }).first().waitFor();
  assert.equal(await page.locator('main img').count(), 0);
  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.deepEqual(faults, []);
});

test('it reads nothing but what the session API documents', async () => {
  const { page } = await stage.openPage();
  const asked = new Set();
  page.on('request', (request) => asked.add(new URL(request.url()).pathname));
  await page.goto(`${stage.server.origin}/dashboard/`);
  await connected(page);
  const documented = readFileSync(new URL('../../api/openapi.yaml', import.meta.url), 'utf8');
  const data = [...asked].filter((path) => !/^\/(dashboard|pkg)\/|\.css$/.test(path));
  assert.ok(data.length >= 5);
  assert.deepEqual(data.filter((path) => !documented.includes(`\n  ${path}:\n`)), []);
});

function deferred() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
