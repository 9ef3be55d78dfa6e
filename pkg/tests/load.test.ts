import { beforeEach, expect, test, vi } from 'vitest';
import { MODULE } from './inlined';

type Glue = typeof import('./glue');
let glue: Glue['glue'];
let plain: typeof import('./plain-glue').plain;
let load: typeof import('../src/load').load;

beforeEach(async () => {
  vi.resetModules();
  ({ glue } = (await import('./glue')) as Glue);
  ({ plain } = await import('./plain-glue'));
  ({ load } = await import('../src/load'));
});

test('nothing is loaded before the first call', () => {
  expect(glue.sources).toEqual([]);
});

test('the bytes inside the package are inflated and handed to the module', async () => {
  await load();
  expect(new Uint8Array(glue.sources[0] as ArrayBuffer)).toEqual(MODULE);
});

test('calls made at once, and later ones, share one attempt', async () => {
  await Promise.all([load(), load()]);
  await load();
  expect(glue.sources).toHaveLength(1);
});

test('an attempt that failed is forgotten, so that the next call tries again', async () => {
  glue.failToLoad = new Error('Refused to compile WebAssembly');
  plain.failToStart = new TypeError('Failed to fetch dynamically imported module');
  await expect(load()).rejects.toThrow('Failed to fetch dynamically');
  glue.failToLoad = undefined;
  await load();
  expect(glue.sources).toHaveLength(2);
  expect(plain.starts).toBe(0);
});

test('where WebAssembly cannot be started, its twin in plain JavaScript is, once', async () => {
  glue.failToLoad = new Error('Refused to compile WebAssembly');
  await Promise.all([load(), load()]);
  expect(plain.starts).toBe(1);
});

test('“never” does not try WebAssembly', async () => {
  await load(undefined, 'never');
  expect([glue.sources.length, plain.starts]).toEqual([0, 1]);
});

test('what is wrong with a module that the caller brings, the caller is told', async () => {
  glue.failToLoad = new WebAssembly.LinkError('Import #0');
  await expect(load(MODULE)).rejects.toThrow('Import #0');
  expect(plain.starts).toBe(0);
});

test('the caller may bring the module: its bytes, a reply, or its address, also as a promise', async () => {
  const address = `data:application/wasm;base64,${Buffer.from(MODULE).toString('base64')}`;
  for (const source of [MODULE, new Response(MODULE), address, new URL(address), Promise.resolve(address)]) {
    vi.resetModules();
    ({ glue } = (await import('./glue')) as Glue);
    await (await import('../src/load')).load(source);
    expect(new Uint8Array(glue.sources[0] as ArrayBuffer)).toEqual(MODULE);
  }
});

test('a module that is already compiled goes in as it is', async () => {
  const compiled = new WebAssembly.Module(MODULE);
  await load(compiled);
  expect(glue.sources).toEqual([compiled]);
});
