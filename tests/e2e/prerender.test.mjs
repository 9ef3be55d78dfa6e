/*
 * Pages that Chromium prerenders: loaded, run and waiting, and perhaps never seen. Nobody watches them, so they go on by themselves, and what they saw is told
 * by what they log.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { startServer } from './server.mjs';
import { startUnwatched } from './unwatched.mjs';
import { until } from './until.mjs';

let folder;
let server;
let browser;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'session-tracker-prerender-'));
  server = await startServer([], { '--www': folder });
  browser = startUnwatched(join(folder, 'profile'));
});
afterEach(async () => {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const TAG = '<script async src="/pkg/session-tracker.iife.js" data-endpoint="/api/sessions" data-flush-seconds="0"></script>';

function page(path, html) {
  const file = join(folder, path, 'index.html');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `<!doctype html><title>${path}</title>${html}`);
}

/* The page asks for another one to be prerendered, says so once that one waits, and goes on once the test has put a page at `/go/`. */
const prerenders = (path, then) => `${TAG}
  <script type="speculationrules">{ "prerender": [{ "urls": ["${path}"], "eagerness": "immediate" }] }</script>
  <script>
    const until = async (look) => {
      while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    (async () => {
      await until(() => localStorage.getItem('waits') && window.sessionTracker?.getState?.().status === 'live');
      window.sessionTracker.logEvent('the other one waits', {});
      await until(() => fetch('/go/').then(({ ok }) => ok));
      location.assign('${then}');
    })();
  </script>`;

/* The page says that it waits when the tracker asks to be told that it is shown. */
const WAITS = `
  <script>
    const wasPrerendering = document.prerendering;
    document.addEventListener('prerenderingchange', () => window.sessionTracker.logEvent('shown', { wasPrerendering }));
    const listen = document.addEventListener;
    document.addEventListener = function (name, ...rest) {
      listen.call(document, name, ...rest);
      if (name === 'prerenderingchange') localStorage.setItem('waits', 'yes');
    };
  </script>${TAG}`;

const open = (path) => browser.open(`${server.origin}${path}`);

const sessions = () => server.rows('SELECT id, epoch, end_reason FROM user_sessions');
const logged = (type) => server.rows('SELECT session_id, tab_id, event_data FROM session_events WHERE event_type = ?', type).map(({ event_data, ...rest }) => ({ ...rest, ...JSON.parse(event_data) }));
const tabs = () => server.rows('SELECT DISTINCT tab_id FROM session_tabs').length;

const firstLogged = (type) => until(`"${type}" is logged`, () => logged(type)[0], { seconds: 40 });

test('a prerendered page sends nothing and starts nothing before it is shown, and then continues the session of the page before', async () => {
  page('first', prerenders('/next/', '/next/'));
  page('next', WAITS);
  await open('/first/');
  const before = await firstLogged('the other one waits');
  assert.deepEqual([sessions(), tabs()], [[{ id: before.session_id, epoch: 1, end_reason: null }], 1], 'nobody has heard of the page that waits');
  page('go', '');
  const shown = await firstLogged('shown');
  assert.equal(shown.wasPrerendering, true);
  assert.deepEqual([shown.session_id, sessions().length, sessions()[0].epoch > 1, tabs()], [before.session_id, 1, true, 2]);
  assert.equal(logged('session_start').length, 1);
});

test('a prerendered page that nobody ever sees has never been there', async () => {
  page('first', prerenders('/next/', '/elsewhere/'));
  page('next', WAITS);
  page('elsewhere', `${TAG}<script>addEventListener('load', () => window.sessionTracker.logEvent('elsewhere', {}));</script>`);
  await open('/first/');
  await firstLogged('the other one waits');
  page('go', '');
  await firstLogged('elsewhere');
  assert.deepEqual([logged('shown'), sessions().length, tabs()], [[], 1, 2]);
});
