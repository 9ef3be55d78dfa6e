/* The live page, beside the page that it watches. Its pictures stand in screenshots/ for whoever wants to look. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overflowOf, violationsOf } from './accessible.mjs';
import { closeTab, trackerIsLive } from './browser.mjs';
import { openStage, picture } from './stage.mjs';

const stage = openStage();

test('a click on one page appears on the live page, and the session ends there when its tab is closed', async () => {
  const live = await stage.openPage();
  await live.page.goto(`${stage.server.origin}/live/`);
  await live.page.getByText('Connected').waitFor();

  const { page, faults } = await stage.openPage();
  await page.goto(`${stage.server.origin}/site/pricing/`);
  await trackerIsLive(page);
  await page.getByRole('button', { name: 'Choose medium' }).click();
  await picture(page, 'site');

  await live.page.bringToFront();
  await live.page.getByText('"plan":"Größe M"').waitFor();
  assert.equal(await live.page.locator('[data-session]').count(), 1);
  for (const [name, size, colorScheme] of [
    ['live-desktop', { width: 1280, height: 800 }, 'light'],
    ['live-phone', { width: 390, height: 844 }, 'light'],
    ['live-dark', { width: 1280, height: 800 }, 'dark'],
  ]) {
    await live.page.setViewportSize(size);
    await live.page.emulateMedia({ colorScheme });
    await picture(live.page, name);
    assert.equal(await overflowOf(live.page), 0, `${name} is wider than its window`);
  }

  assert.deepEqual(await violationsOf(live.page), []);

  await closeTab(page);
  await live.page.getByText('ended: app_close').waitFor();
  assert.deepEqual([...faults, ...live.faults], []);
});

test('what a visitor writes is shown as text and never runs', async () => {
  const { page } = await stage.openPage();
  await page.goto(`${stage.server.origin}/site/`);
  await trackerIsLive(page);
  await page.evaluate(() => {
    const markup = '<img src=x onerror="window.ran = true">';
    window.sessionTracker.changeSection(markup);
    window.sessionTracker.logEvent(markup, { markup });
  });
  const live = await stage.openPage();
  await live.page.goto(`${stage.server.origin}/live/`);
  await live.page.locator('[data-event]').filter({ hasText: '{"markup":"<img' }).waitFor();
  await live.page.locator('[data-session]').filter({ hasText: '<img src=x' }).waitFor();
  assert.equal(await live.page.locator('tbody img').count(), 0);
  assert.equal(await live.page.evaluate(() => window.ran), undefined);
});

test('where nobody has been, the page says what to do', async () => {
  const { page, faults } = await stage.openPage();
  await page.goto(`${stage.server.origin}/live/`);
  await page.getByText('Connected').waitFor();
  await page.getByText('Nobody has been here yet').getByRole('link').waitFor();
  await page.getByText('No event has come yet').waitFor();
  assert.deepEqual([await violationsOf(page), faults], [[], []]);
});

test('names as long as they may be, and in every direction, leave the other columns their place', async () => {
  const { page } = await stage.openPage();
  await page.goto(`${stage.server.origin}/site/`);
  await trackerIsLive(page);
  await page.evaluate(async () => {
    for (const name of ['x'.repeat(200), 'תמחור ומחירים', '🎈'.repeat(100)]) {
      window.sessionTracker.changeSection(name);
      window.sessionTracker.logEvent(name, { name, more: 'x'.repeat(10_000) });
    }
    await window.sessionTracker.end('logout');
  });
  const live = await stage.openPage();
  await live.page.goto(`${stage.server.origin}/live/`);
  await live.page.getByText('ended: logout').waitFor();
  for (const width of [1280, 1024, 360]) {
    await live.page.setViewportSize({ width, height: 800 });
    const tooWide = await live.page.evaluate(() => [...document.querySelectorAll('.card, td')].filter((box) => box.scrollWidth > box.clientWidth && !box.matches('.clipped')).map((box) => box.textContent));
    assert.deepEqual([await overflowOf(live.page), tooWide], [0, []], `at ${width} px`);
  }
  assert.ok((await live.page.locator('.data').first().boundingBox()).height < 200);
});

test('a server that hands out no service token is explained in a sentence', async () => {
  const { page, faults } = await stage.openPage();
  await page.route('**/live/service-token', (route) => route.fulfill({ status: 404, body: 'not found' }));
  await page.goto(`${stage.server.origin}/live/`);
  await page.getByText('does not hand out its service token').waitFor();
  assert.deepEqual(faults, []);
});
