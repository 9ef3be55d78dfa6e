/*
 * The stories of a visit once more, in a browser without WebAssembly: the plain JavaScript in its place behaves the same.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch } from './browser.mjs';

process.env.WITHOUT_WEBASSEMBLY = '1';
await import('./visit.test.mjs');

test('this browser has no WebAssembly', async () => {
  const browser = await launch();
  const page = await (await browser.newContext()).newPage();
  await page.goto('data:text/html,');
  assert.equal(await page.evaluate(() => typeof WebAssembly), 'undefined');
  await browser.close();
});
