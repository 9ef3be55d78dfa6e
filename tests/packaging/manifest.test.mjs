/* What linters of packages say of the tarball, and what TypeScript finds in it under both of its ways to resolve. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { examplesOf } from '../docs/markdown.mjs';
import { install, project, run } from './packed.mjs';

let installed;
let tarball;

before(() => {
  ({ installed, tarball } = install());
});

test('publint has nothing to say', () => {
  assert.match(run(installed, 'publint', '--strict', '.'), /All good!/);
});

test('the types are right for whoever imports them', () => {
  // The profile leaves out `require` of old Nodes, for the package is ESM; the WebAssembly is a file and has no type.
  run(installed, 'attw', tarball, '--profile', 'esm-only', '--exclude-entrypoints', 'tracker.wasm');
});


/* Every declaration is checked, those of the package too, which most applications skip. */
const STRICT = ['--strict', '--noEmit', '--skipLibCheck', 'false', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--jsx', 'react-jsx'];

for (const [module, moduleResolution] of [['esnext', 'bundler'], ['nodenext', 'nodenext']]) {
  test(`TypeScript finds the mistakes in an application and none in the package, resolving as ${moduleResolution}`, () => {
    const folder = project('types');
    const snippets = ['docs/GUIDE.md', 'docs/MIGRATION.md'].flatMap(snippetsOf);
    for (const [name, text] of snippets) writeFileSync(join(folder, name), text);
    run(folder, 'tsc', ...STRICT, '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable', '--module', module, '--moduleResolution', moduleResolution, 'use.ts', 'node.d.ts', ...snippets.map(([name]) => name));
  });
}

/* Examples in TypeScript are whole files. */
function snippetsOf(page) {
  const found = examplesOf(page).filter(({ language }) => /^tsx?$/.test(language));
  assert.ok(found.length > 2, `${page} has examples`);
  return found.map(({ language, text }, index) => [`${page.replace(/\W/g, '-')}-${index}.${language}`, text]);
}
