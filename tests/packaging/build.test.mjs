/*
 * What a build may touch: nothing that is tracked. wasm-pack, left to itself, writes a manifest and an ignore file over the package's own.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));
const run = (program, ...args) => execFileSync(program, args, { cwd: project, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });

test('a build changes no tracked file and leaves none untracked', () => {
  const before = stateOfTheTree();
  forgetTheLastBuild();
  run('scripts/build-wasm');
  run('scripts/build-package');
  assert.equal(stateOfTheTree(), before);
});

/* Both names and contents: a file that was edited before the build may not be edited further by it. */
function stateOfTheTree() {
  return run('git', 'status', '--porcelain', '--untracked-files=all') + run('git', 'diff', 'HEAD');
}

/* Without its records a build is never skipped as up to date. */
function forgetTheLastBuild() {
  for (const record of ['pkg/dist/wasm/toolchain.json', 'pkg/dist/.inputs']) rmSync(new URL(`../../${record}`, import.meta.url), { force: true });
}
