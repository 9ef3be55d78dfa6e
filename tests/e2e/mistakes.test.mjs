/* What users do wrong, and what backends answer wrong: the page must not notice. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { everythingIsDelivered, ledgerOf, trackerIsLive } from './browser.mjs';
import { openStage } from './stage.mjs';
import { until } from './until.mjs';

const stage = openStage({ isShared: true });
let page;
let faults;
let lines;

beforeEach(async () => {
  ({ page, faults } = await stage.openPage());
  lines = [];
  page.on('console', (message) => lines.push(message.text()));
});

const line = (pattern) => until(`a line like ${pattern}`, () => lines.find((text) => pattern.test(text)));

/* A page of the user's own with this in its head. */
const open = (head) => stage.show(page, head);

const script = (attributes) => `<script src="/pkg/session-tracker.iife.js" ${attributes}></script>`;

/* The error that create() rejects with, or what it gave instead. */
const errorOf = (options) =>
  page.evaluate(
    (given) => window.SessionTracker.create(given).then(() => 'no error', (error) => ({ name: error.name, message: error.message })),
    options,
  );

describe('options', () => {
  for (const [what, options, named] of [
    ['no options at all', undefined, 'endpoint'],
    ['no endpoint', {}, 'endpoint'],
    ['an endpoint that is no address', { endpoint: 'api/sessions' }, 'endpoint'],
    ['a misspelt option', { endpoint: '/api/sessions', flushSecond: 1 }, 'flushSecond'],
    ['a text where a number belongs', { endpoint: '/api/sessions', flushSeconds: '1' }, 'flushSeconds'],
    ['a number where a text belongs', { endpoint: '/api/sessions', userId: 7 }, 'userId'],
    ['a number out of its range', { endpoint: '/api/sessions', heartbeatSeconds: 4 }, 'heartbeatSeconds'],
    ['a word that is none of the choices', { endpoint: '/api/sessions', replace: 'all' }, 'replace'],
  ]) {
    test(`${what}: a TypeError that names ${named}`, async () => {
      await open(script(''));
      const error = await errorOf(options);
      assert.equal(error.name, 'TypeError');
      assert.match(error.message, new RegExp(`\\b${named}\\b`));
      assert.deepEqual(faults, []);
    });
  }

  test('on the script tag they are one debug line, and the page goes on', async () => {
    await open(script('data-endpoint="/api/sessions" data-flush-seconds="soon"'));
    assert.match(await line(/Failed to start session/), /flushSeconds.*soon/);
    assert.equal(await page.evaluate(() => window.sessionTracker.logEvent('button_click')), undefined);
    assert.deepEqual(faults, []);
  });
});

describe('events', () => {
  beforeEach(async () => {
    await open(script('data-endpoint="/api/sessions" data-flush-seconds="0"'));
    await trackerIsLive(page);
  });

  for (const [what, make, reason] of [
    ['a cycle', () => { const cycle = {}; cycle.self = cycle; return cycle; }, 'unserialisable'],
    ['a BigInt', () => 10n, 'unserialisable'],
    ['a function', () => () => {}, 'unserialisable'],
    ['a lone surrogate', () => '\ud800', 'lone_surrogate'],
    ['one byte more than 32 KiB', () => 'x'.repeat(32_767), 'too_large'],
  ]) {
    test(`data with ${what} are refused and counted, and the next event works`, async () => {
      const id = await page.evaluate(`window.sessionTracker.logEvent('bad', (${make})())`);
      assert.equal(id, undefined);
      assert.deepEqual((await ledgerOf(page)).refused, { [reason]: 1 });
      const next = await page.evaluate(() => window.sessionTracker.logEvent('good'));
      await everythingIsDelivered(page);
      assert.equal(stage.server.rows('SELECT 1 FROM session_events WHERE event_id = ?', next).length, 1);
      assert.deepEqual(faults, []);
    });
  }

  test('data of exactly 32 KiB are stored', async () => {
    const id = await page.evaluate(() => window.sessionTracker.logEvent('big', 'x'.repeat(32_766)));
    await everythingIsDelivered(page);
    const [{ bytes }] = stage.server.rows('SELECT length(event_data) AS bytes FROM session_events WHERE event_id = ?', id);
    assert.equal(bytes, 32_768);
    assert.deepEqual(faults, []);
  });

  test('a type that is no text is refused', async () => {
    for (const type of [undefined, null, 7, {}]) {
      assert.equal(await page.evaluate((given) => window.sessionTracker.logEvent(given), type), undefined);
    }
    assert.deepEqual((await ledgerOf(page)).refused, { invalid_type: 4 });
    assert.deepEqual(faults, []);
  });
});

describe('a backend', () => {
  const API = '**/api/sessions/**';

  for (const [what, answer] of [
    ['that answers HTML', (route) => route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Sign in to the hotel’s network</h1>' })],
    ['that answers 500', (route) => route.fulfill({ status: 500, contentType: 'text/plain', body: 'oops' })],
    ['that is not there (404)', (route) => route.fulfill({ status: 404, contentType: 'text/html', body: 'not found' })],
    ['that hangs up', (route) => route.abort('connectionreset')],
  ]) {
    test(`${what} loses nothing: what was logged is delivered when it has recovered`, async () => {
      await page.route(API, answer);
      const asked = page.waitForRequest(API);
      await open(script('data-endpoint="/api/sessions" data-flush-seconds="0" data-debug'));
      await asked;
      const id = await until('the tracker takes an event', () => page.evaluate(() => window.sessionTracker.logEvent('button_click')));
      await line(/./);
      await page.unroute(API);
      await trackerIsLive(page);
      await everythingIsDelivered(page);
      assert.equal(stage.server.rows('SELECT 1 FROM session_events WHERE event_id = ?', id).length, 1);
      assert.deepEqual(faults, []);
    });
  }

  test('that never answers does not keep the page from working or leaving', async () => {
    await page.route(API, () => {});
    const asked = page.waitForRequest(API);
    await open(script('data-endpoint="/api/sessions"'));
    await asked;
    assert.equal(await page.evaluate(() => window.sessionTracker.getState().status), 'starting');
    await page.goto('about:blank');
    assert.deepEqual(faults, []);
  });

  test('that cannot be reached is said at debug level only', async () => {
    // Port 9 (discard) is one of those that browsers refuse to contact.
    await open(script('data-endpoint="http://127.0.0.1:9/api/sessions" data-debug'));
    assert.match(await line(/does not answer/), /http:\/\/127\.0\.0\.1:9\/api\/sessions\/start TypeError: Failed to fetch$/);
    assert.deepEqual(faults, []);
  });

  test('at another path is said with what is there instead', async () => {
    await open(script('data-endpoint="/api/session" data-debug'));
    await line(/does not answer.* \/api\/session\/start 404 .*The API is under \/api\/sessions/);
    const { errors, isBackendReachable } = await page.evaluate(() => window.sessionTracker.diagnose());
    assert.deepEqual([errors.length, isBackendReachable, faults], [1, false, []]);
  });

  test('of another origin that allows no other origin is said at debug level only', async () => {
    const elsewhere = stage.server.origin.replace('127.0.0.1', 'localhost');
    await page.route(`${elsewhere}/api/**`, (route) => route.fulfill({ status: 200, contentType: 'application/json', body: '{}' }));
    await open(script(`data-endpoint="${elsewhere}/api/sessions" data-debug`));
    await line(/does not answer/);
    assert.deepEqual(faults, []);
  });
});

describe('a page', () => {
  const underPolicy = async (refuse) => {
    if (refuse) await page.route('**/session-tracker.plain.js', (route) => route.abort());
    await page.route('**/own/', (route) =>
      route.fulfill({
        contentType: 'text/html',
        headers: { 'Content-Security-Policy': "script-src 'self'" },
        body: `<!doctype html>${script('data-endpoint="/api/sessions" data-debug data-flush-seconds="0"')}<p>Mine</p>`,
      }),
    );
    await page.goto(`${stage.server.origin}/own/`);
  };

  test('whose policy forbids WebAssembly is tracked in plain JavaScript', async () => {
    await underPolicy(false);
    await trackerIsLive(page);
    const id = await page.evaluate(() => window.sessionTracker.logEvent('button_click'));
    await everythingIsDelivered(page);
    assert.equal(stage.server.rows('SELECT 1 FROM session_events WHERE event_id = ?', id).length, 1);
    assert.deepEqual(faults.filter((fault) => !/Content Security Policy/.test(fault)), []);
  });

  test('where neither can run has an inert tracker, and one line says so', async () => {
    await underPolicy(true);
    await line(/Neither WebAssembly nor the JavaScript in its place could be started/);
    assert.equal(await page.evaluate(() => window.sessionTracker.logEvent('button_click')), undefined);
    assert.deepEqual(await page.evaluate(() => window.sessionTracker.getState()), { status: 'inert', reason: 'no-webassembly' });
    assert.deepEqual(faults.filter((fault) => !/Content Security Policy|session-tracker\.plain|ERR_FAILED/.test(fault)), []);
  });

  test('whose storage is blocked is tracked from memory', async () => {
    await page.addInitScript(() => {
      Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });
    });
    await open(script('data-endpoint="/api/sessions" data-flush-seconds="0"'));
    await trackerIsLive(page);
    const id = await page.evaluate(() => window.sessionTracker.logEvent('button_click'));
    await everythingIsDelivered(page);
    assert.equal(stage.server.rows('SELECT 1 FROM session_events WHERE event_id = ?', id).length, 1);
    assert.deepEqual(faults, []);
  });

  test('whose own callbacks throw is tracked all the same', async () => {
    await open(script(''));
    const id = await page.evaluate(async () => {
      const broken = () => { throw new Error('mine'); };
      const tracker = await window.SessionTracker.create({
        endpoint: '/api/sessions',
        logger: { debug: broken },
        onError: broken,
        getToken: undefined,
      });
      tracker.subscribe(broken);
      await tracker.start();
      const logged = tracker.logEvent('button_click');
      await tracker.flush();
      await tracker.end('logout');
      return logged;
    });
    assert.equal(stage.server.rows('SELECT 1 FROM session_events WHERE event_id = ?', id).length, 1);
    assert.deepEqual(faults, []);
  });
});
