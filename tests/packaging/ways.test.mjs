/*
 * Every way into a page, from the packed tarball, without a line of configuration, in a real browser: what counts is that an event
 * arrives at a backend and that the page stays clean.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, openPage } from '../e2e/browser.mjs';
import { until } from '../e2e/until.mjs';
import { startBackend } from './backend.mjs';
import { install, project, run, serve } from './packed.mjs';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));

let browser;
let backend;

before(async () => {
  const { installed } = install();
  backend = await startBackend({
    '/session-tracker/': installed,
    '/pages/': fileURLToPath(new URL('fixtures/pages', import.meta.url)),
    '/work/': fileURLToPath(new URL('fixtures/work', import.meta.url)),
  });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await backend?.stop();
});

/** Opens the address, waits until its event has arrived and its session is live, and gives what arrived. */
async function visit(address, way, { act, arrived = (events) => events.length > 0 } = {}) {
  const context = await browser.newContext();
  backend.received.length = 0;
  const events = () => backend.received.filter(({ body }) => body.eventType);
  try {
    const { page, faults } = await openPage(context);
    await page.goto(`${address}?endpoint=${encodeURIComponent(`${backend.origin}/api/sessions`)}`);
    await act?.(page);
    await until(`an event of ${way} arrives`, () => arrived(events()));
    assert.deepEqual(faults, []);
    const starts = backend.received.filter(({ route }) => route === 'start');
    assert.equal(new Set(starts.map(({ body }) => body.sessionId)).size, 1, 'there is one session');
    return { page, text: await page.evaluate(() => document.body.innerText), events: events().map(({ body }) => [body.eventType, body.eventData]) };
  } finally {
    await context.close();
  }
}

const outputIsLive = (page) => page.waitForFunction(() => document.querySelector('output')?.textContent === 'live');

test('Vite’s development server, with React', async () => {
  const folder = project('vite');
  const server = await serve(folder, {}, 'vite', '--host', '127.0.0.1', '--port', '0');
  try {
    const { events } = await visit(`${server.origin}/`, 'vite', { act: outputIsLive });
    // StrictMode runs the component's effect twice, so it logs twice; there is one session nevertheless.
    assert.deepEqual(events, Array(2).fill(['installed', { way: 'vite', rooms: 'function' }]));
  } finally {
    await server.stop();
  }
});

test('Vite’s build', async () => {
  const folder = project('vite');
  run(folder, 'vite', 'build', '--base', './');
  const { events } = await visit(`${backend.origin}/work/vite/dist/index.html`, 'vite', { act: outputIsLive });
  assert.deepEqual(events, [['installed', { way: 'vite', rooms: 'function' }]]);
  assert.deepEqual(readdirSync(join(folder, 'dist/assets')).filter((file) => file.endsWith('.wasm')), [], 'no file that a server would have to know');
});

test('webpack', async () => {
  const folder = project('webpack');
  run(folder, 'webpack', '--mode', 'production');
  const { events } = await visit(`${backend.origin}/work/webpack/index.html`, 'webpack', { act: outputIsLive });
  assert.deepEqual(events, [['installed', { way: 'webpack' }]]);
});

test('esbuild', async () => {
  const folder = project('esbuild');
  run(folder, 'esbuild', 'main.js', '--bundle', '--minify', '--outfile=dist/main.js');
  const { events } = await visit(`${backend.origin}/work/esbuild/index.html`, 'esbuild', { act: outputIsLive });
  assert.deepEqual(events, [['installed', { way: 'esbuild' }]]);
});

test('Next.js, its production build: rendered on the server, tracked in the browser, with its routes as proxies', async () => {
  const folder = project('next', join(examples, 'next'));
  run(folder, 'next', 'build');
  const server = await serve(folder, { SESSION_BACKEND: backend.origin }, 'next', 'start', '--hostname', '127.0.0.1', '--port', '0');
  try {
    assert.match(await (await fetch(server.origin)).text(), /<output>idle<\/output>/);
    const { events } = await visit(`${server.origin}/`, 'next', {
      async act(page) {
        await outputIsLive(page);
        await page.getByRole('button', { name: 'Buy' }).click();
        await page.getByRole('link', { name: 'Prices' }).click();
        await page.waitForURL('**/pricing');
        await page.getByRole('button', { name: 'Buy' }).click();
      },
      arrived: (events) => events.length === 2 && backend.received.some(({ route }) => route === 'update'),
    });
    assert.deepEqual(events, ['M', 'L'].map((plan) => ['button_click', { name: 'buy', plan }]));
    assert.deepEqual(backend.received.filter(({ route, body }) => route === 'update' && body.eventId).map(({ body }) => body.section), ['pricing']);
  } finally {
    await server.stop();
  }
});

test('a module script without a bundler', async () => {
  const { events } = await visit(`${backend.origin}/pages/module.html`, 'module', { act: outputIsLive });
  assert.deepEqual(events, [['installed', { way: 'module' }]]);
});

test('a classic script with its snippet', async () => {
  const { events } = await visit(`${backend.origin}/pages/classic.html`, 'classic', {
    act: (page) => page.getByRole('button', { name: 'Buy' }).click(),
    arrived: (events) => events.length === 2,
  });
  assert.deepEqual(events.sort(), [
    ['button_click', { name: 'buy', plan: 'M' }],
    ['installed', { way: 'classic' }],
  ]);
});

test('Node imports every entry, requires the package, and renders on a server', () => {
  const folder = project('node');
  const node = (...args) => execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  assert.deepEqual(JSON.parse(node('import.mjs')), { state: { status: 'inert', reason: 'no-document' }, html: '<output>idle</output>' });
  assert.equal(node('--eval', "console.log(typeof require('session-tracker').SessionTracker.create)"), 'function\n');
});
