/*
 * The stories of a visit once more, in a browser without WebAssembly: the plain JavaScript in its place behaves the same.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch } from './browser.mjs';

process.env.WITHOUT_WEBASSEMBLY = '1';

test('this browser has no WebAssembly', async () => {
  const browser = await launch();
  const page = await browser.newPage();
  assert.equal(await page.evaluate(() => typeof WebAssembly), 'undefined');
  await browser.close();
});

await import('./visit.test.mjs');
