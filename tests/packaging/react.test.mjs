/*
 * What becomes of a session when React takes its provider away, in a real browser: the last provider of the last tab says goodbye as a closing page
 * does, and no other one.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, openPage } from '../e2e/browser.mjs';
import { until } from '../e2e/until.mjs';
import { startBackend } from './backend.mjs';
import { install, project, run } from './packed.mjs';

let browser;
let backend;
let context;

before(async () => {
  install();
  run(project('react'), 'esbuild', 'main.js', '--bundle', '--outfile=dist/main.js');
  backend = await startBackend({ '/work/': fileURLToPath(new URL('fixtures/work', import.meta.url)) });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await backend?.stop();
});
beforeEach(async () => {
  backend.received.length = 0;
  context = await browser.newContext();
});
afterEach(() => context.close());

const ends = () => backend.received.filter(({ route }) => route === 'end').map(({ body }) => body.reason);
const starts = () => new Set(backend.received.filter(({ route }) => route === 'start').map(({ body }) => body.sessionId)).size;

async function openTab() {
  const { page, faults } = await openPage(context);
  await page.goto(`${backend.origin}/work/react/index.html`);
  for (const name of ['one', 'other']) await page.getByRole('button', { name: `${name}: live` }).waitFor();
  return { page, faults, unmount: (name) => page.evaluate((root) => window.roots[root].unmount(), name) };
}

/* What comes after the unmounting comes after its goodbye, if there was one. */
async function goesOn({ page }, name) {
  const before = backend.received.length;
  await page.getByRole('button', { name: `${name}: live` }).click();
  await until('its next event arrives', () => backend.received.slice(before).some(({ body }) => body.eventType === 'still_here'));
  assert.deepEqual(ends(), []);
}

test('the last provider of a page says goodbye, the one before it says nothing', async () => {
  const tab = await openTab();
  assert.equal(starts(), 1);
  await tab.unmount('one');
  await goesOn(tab, 'other');
  await tab.unmount('other');
  await until('the session ends', () => ends().length > 0);
  assert.deepEqual(ends(), ['app_close']);
  assert.deepEqual(tab.faults, []);
});

test('while another tab lives, a page without its provider ends nothing', async () => {
  const first = await openTab();
  const second = await openTab();
  assert.equal(starts(), 1);
  for (const name of ['one', 'other']) await first.unmount(name);
  await goesOn(second, 'one');
  for (const name of ['one', 'other']) await second.unmount(name);
  await until('the session ends', () => ends().length > 0);
  assert.deepEqual(ends(), ['app_close']);
  assert.deepEqual([...first.faults, ...second.faults], []);
});
