/*
 * What the shipped WebAssembly asks of the page that loads it: wasm-bindgen's glue and nothing else, so that no bundler
 * and no Content-Security-Policy ever meets a surprise. It is the optimised file that is read here.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const bytes = readFileSync(new URL('../../pkg/dist/wasm/session_tracker_bg.wasm', import.meta.url));
const module = new WebAssembly.Module(bytes);

test("the module imports nothing but wasm-bindgen's glue", () => {
  const imports = WebAssembly.Module.imports(module);
  assert.ok(imports.length > 0);
  const strangers = imports.filter(({ module: from, name, kind }) => from !== './session_tracker_bg.js' || !/^__wb(g|indgen)_/.test(name) || kind !== 'function');
  assert.deepEqual(strangers, []);
});

test('the module carries no names, no producers and no debug information', () => {
  for (const section of ['name', 'producers', 'target_features', '.debug_info']) {
    assert.deepEqual(WebAssembly.Module.customSections(module, section), [], section);
  }
});
