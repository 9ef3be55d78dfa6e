/*
 * What the WebAssembly asks of the page that loads it: wasm-bindgen's glue and nothing else, so that no bundler and no
 * Content-Security-Policy ever meets a surprise. Both files are optimised; the shipped one has its imports renamed too.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (file) => new WebAssembly.Module(readFileSync(new URL(`../../pkg/dist/${file}`, import.meta.url)));
const built = read('wasm/session_tracker_bg.wasm');
const shipped = read('tracker.wasm');

test("the module imports nothing but wasm-bindgen's glue", () => {
  const imports = WebAssembly.Module.imports(built);
  assert.ok(imports.length > 0);
  const strangers = imports.filter(({ module, name, kind }) => module !== './session_tracker_bg.js' || !/^__wb(g|indgen)_/.test(name) || kind !== 'function');
  assert.deepEqual(strangers, []);
});

test('the shipped module imports the same functions from the same single place, under short names', () => {
  const imports = WebAssembly.Module.imports(shipped);
  assert.equal(imports.length, WebAssembly.Module.imports(built).length);
  assert.equal(new Set(imports.map(({ module }) => module)).size, 1);
  assert.deepEqual(imports.filter(({ kind }) => kind !== 'function'), []);
});

test('the shipped module carries no names, no producers and no debug information', () => {
  for (const section of ['name', 'producers', 'target_features', '.debug_info']) {
    assert.deepEqual(WebAssembly.Module.customSections(shipped, section), [], section);
  }
});
