/* The shop in React: its guard, its session, the person's own figures. Its pictures stand in screenshots/ for whoever wants to look. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overflowOf, violationsOf } from './accessible.mjs';
import { openStage, picture } from './stage.mjs';
import { until } from './until.mjs';

const stage = openStage();

const sessions = () => stage.server.rows('SELECT user_id, status, end_reason, app_section FROM user_sessions ORDER BY started_at');

/* In both colours and on both screens: a picture to look at, nothing cut off, nothing that axe-core objects to. */
async function lookAt(page, name) {
  for (const [screen, size] of [['desktop', { width: 1280, height: 800 }], ['phone', { width: 390, height: 844 }]]) {
    await page.setViewportSize(size);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await picture(page, `${name}-${screen}-${colorScheme}`);
    }
    assert.equal(await overflowOf(page), 0, `${name} is wider than a ${screen}`);
    assert.deepEqual(await violationsOf(page), [], name);
  }
}

async function signIn(page, name) {
  await page.getByLabel('Your name').fill(name);
  await page.keyboard.press('Enter');
  await page.getByText(`Signed in as ${name}`).waitFor();
}

test('the guard lets nothing be tracked before somebody has signed in', async () => {
  const { page, faults } = await stage.openPage();
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${stage.server.origin}/app/`);
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  await lookAt(page, 'app-guard');
  assert.deepEqual(asked.filter((path) => path.startsWith('/api/')), []);
  await signIn(page, 'ada');
  await page.getByText('"status": "live"').waitFor();
  assert.deepEqual(sessions(), [{ user_id: 'ada', status: 'active', end_reason: null, app_section: 'home' }]);
  await lookAt(page, 'app-shop');
  assert.deepEqual(faults, []);
});

test('a reload goes on in the session, a sign-out ends it, and the next person has one of their own', async () => {
  const { page, faults } = await stage.openPage();
  await page.goto(`${stage.server.origin}/app/`);
  await signIn(page, 'ada');
  await page.getByText('"status": "live"').waitFor();
  await page.reload();
  await page.getByText('"status": "live"').waitFor();
  assert.equal(sessions().length, 1);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  assert.deepEqual(sessions().map(({ user_id, end_reason }) => [user_id, end_reason]), [['ada', 'logout']]);
  await signIn(page, 'grace');
  await page.getByText('"status": "live"').waitFor();
  assert.deepEqual(sessions().map(({ user_id, end_reason }) => [user_id, end_reason]), [['ada', 'logout'], ['grace', null]]);
  assert.deepEqual(faults, []);
});

test('the dashboard has the person’s own figures, asked anew for other days', async () => {
  const { page, faults } = await stage.openPage();
  await page.goto(`${stage.server.origin}/app/`);
  await signIn(page, 'ada');
  await page.getByText('"status": "live"').waitFor();
  await page.getByRole('link', { name: 'Basket' }).click();
  await until('the basket is where she is', () => sessions()[0].app_section === 'basket');
  await page.getByRole('link', { name: 'My dashboard' }).click();
  const figure = (name) => page.locator('.own .card', { hasText: name }).locator('dd');
  await figure('Sessions').waitFor();
  assert.equal(await figure('Sessions').innerText(), '1');
  assert.equal(await figure('Going on').innerText(), '1');
  await page.getByRole('row', { name: 'basket 1' }).waitFor();
  const asked = page.waitForRequest(/\/stats\?.*daysBack=90/);
  await page.getByRole('radio', { name: '90 days' }).check();
  await asked;
  await page.getByText('This visit is one of them.').waitFor();
  await lookAt(page, 'app-dashboard');
  assert.deepEqual(faults, []);
});

test('figures that are not to be had are told of in a sentence', async () => {
  const { page, faults } = await stage.openPage();
  await page.route('**/api/sessions/stats?**', (route) => route.fulfill({ status: 404, body: 'not here' }));
  await page.goto(`${stage.server.origin}/app/#/dashboard`);
  await signIn(page, 'ada');
  await page.getByText('The backend did not answer.').waitFor();
  assert.deepEqual(faults, []);
});

for (const path of ['/', '/site/', '/site/pricing/', '/site/docs/', '/site/contact/', '/live/']) {
  test(`${path} is accessible in both colours and on both screens`, async () => {
    const { page, faults } = await stage.openPage();
    await page.goto(stage.server.origin + path);
    await lookAt(page, `page${path.replaceAll('/', '-')}`.replace(/-$/, ''));
    assert.deepEqual(faults, []);
  });
}
