/*
 * Pages whose content security policy is strict. Where it forbids WebAssembly, the tracker is the same one in plain JavaScript; where it forbids
 * that too, nothing at all. The browser reports each violation on the console by itself, and nobody else says anything.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, openPage } from '../e2e/browser.mjs';
import { until } from '../e2e/until.mjs';
import { startBackend } from './backend.mjs';
import { install, project, run } from './packed.mjs';

const PLAIN = '/session-tracker/dist/session-tracker.plain.js';
const STRICT = "script-src 'self'";

let browser;
let backend;
let installed;

before(async () => {
  ({ installed } = install());
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
beforeEach(() => {
  backend.received.length = backend.served.requests.length = 0;
  backend.served.pages = {};
  backend.served.headers = {};
});

/** Opens a page under a policy. What it gives is asked for by `look` while the page is open. */
async function under(policy, path, look) {
  if (policy) backend.served.headers['content-security-policy'] = policy;
  const context = await browser.newContext();
  try {
    const { page, faults } = await openPage(context);
    await page.goto(backend.origin + path);
    return { looked: await look(page), violations: faults.filter(isViolation), faults: faults.filter((fault) => !isViolation(fault)) };
  } finally {
    await context.close();
  }
}

const isViolation = (fault) => /^console error: .*Content Security Policy/i.test(fault);
const events = () => backend.received.filter(({ body }) => body.eventType).map(({ body }) => [body.eventType, body.eventData]);
const eventArrives = () => until('an event arrives', () => events().length > 0);
const outputIs = (status) => (page) => page.waitForFunction((wanted) => document.querySelector('output').textContent === wanted, status);
const wasPlain = () => backend.served.requests.includes(PLAIN);

test('under script-src self the module is the plain JavaScript, and only the browser says something', async () => {
  const { violations, faults } = await under(STRICT, '/pages/strict-module.html?endpoint=/api/sessions', async (page) => {
    await outputIs('live')(page);
    await eventArrives();
  });
  assert.deepEqual(faults, []);
  // Some versions report to the page alone.
  assert.ok(violations.length <= 1);
  assert.ok(wasPlain());
  assert.deepEqual(events(), [['installed', { text: 'größe 🎈'.repeat(1000), at: [1, 2.5, null] }]]);
});

test('with wasm-unsafe-eval it is the WebAssembly, and nobody says anything', async () => {
  const { violations, faults } = await under("script-src 'self' 'wasm-unsafe-eval'", '/pages/strict-module.html?endpoint=/api/sessions', outputIs('live'));
  assert.deepEqual([violations, faults], [[], []]);
  assert.ok(!wasPlain());
});

test('“never” goes straight to the plain JavaScript, so there is nothing for the browser to report', async () => {
  const { violations, faults } = await under(STRICT, '/pages/strict-module.html?endpoint=/api/sessions&wasm=never', outputIs('live'));
  assert.deepEqual([violations, faults], [[], []]);
  assert.ok(wasPlain());
});

test('under Trusted Types nothing breaks', async () => {
  const policy = `${STRICT}; require-trusted-types-for 'script'; trusted-types 'none'`;
  const { violations, faults } = await under(policy, '/pages/strict-module.html?endpoint=/api/sessions', outputIs('live'));
  assert.deepEqual(faults, []);
  assert.ok(violations.length <= 1, 'the one about WebAssembly');
});

test('where both are forbidden the tracker is inert and says so in one debug line', async () => {
  const allowed = ['/pages/', '/session-tracker/dist/index.js'].map((path) => backend.origin + path);
  const { looked, faults } = await under(`script-src ${allowed.join(' ')}`, '/pages/strict-module.html?endpoint=/api/sessions', async (page) => {
    await outputIs('inert')(page);
    return page.evaluate(() => [window.said, window.sessionTracker.getState()]);
  });
  assert.deepEqual(faults, []);
  assert.equal(looked[0].length, 1);
  assert.match(looked[0][0], /^\[SessionTracking\] Neither WebAssembly nor the JavaScript in its place could be started/);
  assert.deepEqual(looked[1], { status: 'inert', reason: 'no-webassembly' });
  assert.deepEqual(backend.received, []);
});

const classic = (attributes) => `<!doctype html><html lang="en"><title>A site</title><link rel="icon" href="data:,">
<script async src="/session-tracker/dist/session-tracker.iife.js" data-endpoint="/api/sessions" data-flush-seconds="0" ${attributes}></script>
<button data-track="buy">Buy</button>`;

const integrityOf = (file) => `sha384-${createHash('sha384').update(readFileSync(join(installed, 'dist', file))).digest('base64')}`;

async function buyWhenLive(page) {
  await page.waitForFunction(() => window.sessionTracker?.getState?.().status === 'live');
  await page.getByRole('button', { name: 'Buy' }).click();
  await eventArrives();
}

test('the script tag finds the plain JavaScript beside itself, wherever the page is', async () => {
  backend.served.pages['/some/where/else.html'] = classic('');
  const { faults } = await under(STRICT, '/some/where/else.html', buyWhenLive);
  assert.deepEqual(faults, []);
  assert.ok(wasPlain());
  assert.deepEqual(events(), [['button_click', { name: 'buy' }]]);
});

test('the script tag takes an integrity, and every option as an attribute', async () => {
  backend.served.pages['/site.html'] = classic(`integrity="${integrityOf('session-tracker.iife.js')}" data-wasm="never"`);
  const { violations, faults } = await under("script-src 'self'", '/site.html', buyWhenLive);
  assert.deepEqual([violations, faults], [[], []]);
  assert.ok(wasPlain());
});

test('an import map holds the plain JavaScript to its integrity, and a wrong file does not run', async () => {
  for (const [integrity, status] of [[integrityOf('session-tracker.plain.js'), 'live'], [integrityOf('index.js'), 'inert']]) {
    const map = JSON.stringify({ integrity: { [PLAIN]: integrity } });
    backend.served.pages['/site.html'] = `<script type="importmap">${map}</script>${classic('data-wasm="never"')}`;
    const policy = `${STRICT} 'sha256-${createHash('sha256').update(map).digest('base64')}'`;
    const { violations, faults } = await under(policy, '/site.html', (page) =>
      page.waitForFunction((wanted) => window.sessionTracker?.getState?.().status === wanted, status),
    );
    assert.deepEqual([violations, faults], [[], []]);
  }
});

test('a WebAssembly file that the page brings is held to the integrity that it is fetched with', async () => {
  const load = (integrity) => `<!doctype html><html lang="en"><title>A site</title><link rel="icon" href="data:,"><output></output><script type="module">
    import { load } from '/session-tracker/dist/slim.js';
    const outcome = load(fetch('/session-tracker/dist/tracker.wasm', { integrity: '${integrity}' })).then(() => 'loaded', ({ name }) => name);
    document.querySelector('output').textContent = await outcome;
  </script>`;
  for (const [file, outcome] of [['tracker.wasm', 'loaded'], ['index.js', 'TypeError']]) {
    backend.served.pages['/site.html'] = load(integrityOf(file));
    const { faults } = await under('', '/site.html', outputIs(outcome));
    assert.deepEqual(faults, []);
  }
});

test('what a bundler made of the package runs under script-src self as well', async () => {
  run(project('vite'), 'vite', 'build', '--base', './');
  const { faults } = await under(STRICT, `/work/vite/dist/index.html?endpoint=/api/sessions`, async (page) => {
    await outputIs('live')(page);
    await eventArrives();
  });
  assert.deepEqual(faults, []);
  assert.ok(backend.served.requests.some((path) => /plain/.test(path)), 'the bundler kept the plain JavaScript as a file of its own');
});

test('the slim entry runs the module that the page brings', async () => {
  const { violations, faults } = await under('', '/pages/slim.html?endpoint=/api/sessions&from=/session-tracker/dist/tracker.wasm', async (page) => {
    await outputIs('live')(page);
    await eventArrives();
  });
  assert.deepEqual([violations, faults], [[], []]);
  assert.deepEqual(events(), [['installed', { way: 'slim' }]]);
  assert.ok(!wasPlain());
});

test('the slim entry is the plain JavaScript too where WebAssembly is forbidden', async () => {
  const { faults } = await under(STRICT, '/pages/slim.html?endpoint=/api/sessions&from=/session-tracker/dist/tracker.wasm', outputIs('live'));
  assert.deepEqual(faults, []);
  assert.ok(wasPlain());
});

test('the slim entry says what is wrong with a module that is not the tracker’s', async () => {
  const { looked, faults } = await under('', '/pages/slim.html?endpoint=/api/sessions&from=/pages/other.wasm', async (page) => {
    await outputIs('inert')(page);
    return page.evaluate(() => window.said);
  });
  assert.deepEqual(faults, []);
  assert.equal(looked[0], 'Error: The module that load() was given is of another version of session-tracker.');
  assert.match(looked[1], /session-tracker\/slim carries no WebAssembly: call load\(\)/);
});
