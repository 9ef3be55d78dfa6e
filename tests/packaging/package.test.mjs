/*
 * What npm would publish: every file that package.json promises, and no source, test or build record.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../pkg', import.meta.url));
const manifest = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
const [pack] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
const published = pack.files.map(({ path }) => path);

test('every file that package.json promises is published', () => {
  const promised = [manifest.types, manifest.unpkg, manifest.jsdelivr, ...leaves(manifest.exports)].map((path) => path.replace(/^\.\//, ''));
  assert.deepEqual(promised.filter((path) => !published.includes(path)), []);
});

test('only built files, the manifest, the licence and the readme are published', () => {
  const strangers = published.filter((path) => !/^(package\.json|README\.md|LICEN[CS]E.*|dist\/[\w.-]+\.(js|d\.ts)|dist\/tracker\.wasm|dist\/wasm\/session_tracker\.d\.ts)$/.test(path));
  assert.deepEqual(strangers, []);
});

function leaves(value) {
  return typeof value === 'string' ? [value] : Object.values(value).flatMap(leaves);
}
