/* The files that are shipped, with the real WebAssembly in them: `npm run build` has to come first. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const dist = (name: string) => fileURLToPath(new URL(`../dist/${name}`, import.meta.url));
const SHIPPED = ['index', 'slim', 'react', 'slim-react', 'analytics', 'rooms', 'ai', 'admin', 'testing', 'supabase', 'api', 'session-tracker.iife', 'session-tracker.plain', 'session-tracker.site'].map((name) => `${name}.js`);

test.each(SHIPPED)('%s names neither import.meta, nor another file of wasm, nor Node', (name) => {
  const text = readFileSync(dist(name), 'utf8');
  expect(text).not.toMatch(/import\.meta|_bg\.wasm|from ?"node:/);
});

test.each([['react.js', 'index.js'], ['slim-react.js', 'slim.js']])('%s says that it runs in the client, and leaves the tracker to %s', (name, door) => {
  const text = readFileSync(dist(name), 'utf8');
  expect(text.startsWith('"use client";')).toBe(true);
  expect([...text.matchAll(/from"(\.[^"]*)"/g)].map(([, path]) => path)).toEqual([`./${door}`, `./${door}`]);
  expect(text.length).toBeLessThan(5_200);
});

test.each(['analytics', 'rooms', 'ai', 'admin', 'testing'])('%s leaves what it shares to the files that are shared', (name) => {
  const text = readFileSync(dist(`${name}.js`), 'utf8');
  expect(text).toMatch(/from"\.\/(index|api)\.js"/);
  expect(text.length).toBeLessThan(5_500);
});

test('the entry that carries no WebAssembly is what remains of the other without it', () => {
  expect(readFileSync(dist('slim.js'), 'utf8').length).toBeLessThan(20_000);
});

test.each(['index.js', 'slim.js', 'session-tracker.iife.js'])('%s asks for what few pages need only when they do, as files beside it', (name) => {
  const asked = readFileSync(dist(name), 'utf8').match(/\bimport ?\([^)]*\)/g);
  expect(asked?.sort()).toEqual(['import("./session-tracker.plain.js")', 'import("./session-tracker.site.js")']);
});

test('plain Node imports the package, does nothing, loads the inlined module when asked, and then ends', () => {
  const program = `
    const before = Object.getOwnPropertyNames(globalThis).length;
    const { load, SessionTracker } = await import('session-tracker');
    if (Object.getOwnPropertyNames(globalThis).length !== before) throw new Error('added a global');
    const tracker = await SessionTracker.create({ endpoint: '/api/sessions' });
    await load();
    console.log(tracker.getState().reason);`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: dist('..'), encoding: 'utf8' });
  expect(output).toBe('no-document\n');
});

test('the tarball holds what is shipped and nothing else', () => {
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: dist('..'), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const packed: unknown = JSON.parse(listed);
  const [{ files }] = (Array.isArray(packed) ? packed : Object.values(packed as object)) as [{ files: { path: string }[] }];
  const names = files.map(({ path }) => path).filter((path) => !path.endsWith('.d.ts'));
  expect(names.sort()).toEqual(
    ['README.md', 'package.json', 'dist/tracker.wasm', ...SHIPPED.map((name) => `dist/${name}`)].sort(),
  );
});
