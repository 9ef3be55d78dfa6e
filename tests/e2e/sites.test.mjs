/* One session over subdomains, in a real Chromium: two origins of one domain that share nothing but cookies, told by the rows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everythingIsDelivered, trackerIsLive } from './browser.mjs';
import { openStage, putPage, scriptTag } from './stage.mjs';
import { until } from './until.mjs';

const stage = openStage();

/* Chromium resolves every name under localhost to this machine (RFC 6761). */
const at = (name) => `${stage.server.origin.replace('127.0.0.1', `${name}.app.localhost`)}/own/`;

async function go(page, name, attributes = 'data-cookie-domain="app.localhost"') {
  await putPage(page, scriptTag(attributes));
  await page.goto(at(name));
}

async function open(name, attributes) {
  const { page } = await stage.openPage();
  await go(page, name, attributes);
  await trackerIsLive(page);
  return page;
}

const stateOf = (page) => page.evaluate(() => window.sessionTracker.getState());
const sessions = () => stage.server.rows('SELECT id, started_at, ended_at, end_reason FROM user_sessions ORDER BY started_at');
const cookies = async () => (await stage.context.cookies()).map(({ name, value, domain, expires, sameSite }) => ({ name, value, domain, expires, sameSite }));

/* FNV-1a of an id, as a page of the domain would write it for a visitor without a name. */
const fnv = (text) => ([...Buffer.from(text)].reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193), 0x811c9dc5) >>> 0).toString(36);

const leave = (page) => page.goto('about:blank');

test('two subdomains are one session, which the last of them ends', async () => {
  const a = await open('a');
  const b = await open('b');
  const [here, there] = [await stateOf(a), await stateOf(b)];
  assert.deepEqual([here.sessionId, here.startedAt], [there.sessionId, there.startedAt]);
  await a.evaluate(() => window.sessionTracker.logEvent('on-a'));
  await b.evaluate(() => window.sessionTracker.logEvent('on-b'));
  await Promise.all([a, b].map((page) => page.evaluate(() => window.sessionTracker.flush())));
  await Promise.all([a, b].map(everythingIsDelivered));
  await leave(a);
  await b.evaluate(() => window.sessionTracker.logEvent('after-a-left'));
  await b.evaluate(() => window.sessionTracker.flush());
  assert.deepEqual(sessions().map(({ ended_at }) => ended_at), [null], 'closing one of two ends nothing');
  await leave(b);
  await until('the session has ended', () => sessions().every(({ ended_at }) => ended_at));
  assert.deepEqual(sessions().map(({ end_reason }) => end_reason), ['app_close']);
  const logged = stage.server.rows("SELECT event_type FROM session_events WHERE event_type LIKE '%-%' ORDER BY occurred_at");
  assert.deepEqual(logged.map(({ event_type }) => event_type), ['on-a', 'on-b', 'after-a-left']);
  assert.equal(stage.server.rows("SELECT 1 FROM session_events WHERE event_type = 'session_start'").length, 1);
});

test('a navigation between subdomains, there and back, continues the session', async () => {
  const page = await open('a');
  const { sessionId, startedAt } = await stateOf(page);
  for (const name of ['b', 'a', 'b']) {
    await go(page, name);
    await trackerIsLive(page);
    const state = await stateOf(page);
    assert.deepEqual([state.sessionId, state.startedAt], [sessionId, startedAt], name);
  }
  assert.deepEqual(sessions().map(({ ended_at }) => ended_at), [null]);
});

test('where scripts may store nothing any more, the cookie alone continues the session, and without both a new one begins', async () => {
  const page = await open('a');
  const { sessionId } = await stateOf(page);
  await go(page, 'b');
  await trackerIsLive(page);
  // What Safari does to the storage of a site that was not used for seven days.
  await page.evaluate(() => localStorage.clear());
  await go(page, 'a');
  await trackerIsLive(page);
  assert.equal((await stateOf(page)).sessionId, sessionId);
  await page.evaluate(() => localStorage.clear());
  // A page that is only left is frozen a moment later, and tells of its session once more.
  await page.close();
  await stage.context.clearCookies();
  assert.notEqual((await stateOf(await open('c'))).sessionId, sessionId);
});

test('the cookies hold no token and no name, and go within the hour', async () => {
  const page = await open('a', 'data-cookie-domain="app.localhost" data-user-id="ada-lovelace"');
  const { sessionId } = await stateOf(page);
  const [cookie, ...others] = await cookies();
  assert.deepEqual([others.length, cookie.domain, cookie.sameSite], [0, '.app.localhost', 'Lax']);
  assert.match(cookie.name, /^session-tracker\.[\da-z]+$/);
  assert.match(cookie.value, new RegExp(`^1\\.${sessionId}\\.`));
  assert.ok(!/ada|eyJ/.test(cookie.value) && cookie.value.length < 250, cookie.value);
  const left = cookie.expires - Date.now() / 1_000;
  assert.ok(left > 3_500 && left <= 3_601, `${left} s`);
});

test('a domain that the browser keeps no cookie for is none, and the logger is told', async () => {
  for (const domain of ['example.com', 'localhost', 'b.app.localhost']) {
    const { page } = await stage.openPage();
    const said = [];
    page.on('console', (message) => said.push(message.text()));
    await go(page, 'a', `data-debug data-cookie-domain="${domain}"`);
    await trackerIsLive(page);
    await until('it is said', () => said.find((text) => text.includes(`The browser keeps no cookie for the domain ${domain} here`)));
    assert.deepEqual(await cookies(), []);
  }
});

test('a cookie that somebody forged is as none, whatever its size', async () => {
  const forged = { domain: '.app.localhost', path: '/' };
  await stage.context.addCookies([
    { ...forged, name: 'session-tracker.abc', value: `1.${'9'.repeat(3_900)}` },
    { ...forged, name: 'session-tracker.abd', value: '1...........' },
    { ...forged, name: 'session-tracker', value: 'x' },
  ]);
  const page = await open('a');
  await page.evaluate(() => window.sessionTracker.logEvent('here'));
  await leave(page);
  await until('the session has ended', () => sessions().every(({ ended_at }) => ended_at));
  assert.equal(sessions().length, 1);
});

test('where anonymous visitors have a token, each origin has a visitor of its own', async () => {
  await stage.server.restart(['--auth', 'optional']);
  const visitors = [await open('a'), await open('b')];
  assert.equal(new Set((await Promise.all(visitors.map(stateOf))).map(({ sessionId }) => sessionId)).size, 2);
  assert.deepEqual(await cookies(), []);
});

test('a session that is somebody else’s gives way to one of the visitor’s own, with all that was logged', async () => {
  await stage.server.restart(['--auth', 'optional']);
  const stranger = await open('a');
  const { sessionId } = await stateOf(stranger);
  await stranger.close();
  await stage.context.clearCookies();
  const now = Date.now();
  const value = ['1', sessionId, sessionId, now - 1_000, 5, now, 0, '', 'active', 1, 1_000, '', fnv(sessionId)].join('.');
  await stage.context.addCookies([{ name: 'session-tracker.abc', value, domain: '.app.localhost', path: '/' }]);
  const { page, faults } = await stage.openPage();
  const asked = [];
  page.on('response', (response) => response.url().endsWith('/start') && asked.push(response.status()));
  await go(page, 'b');
  await page.waitForFunction(() => window.sessionTracker?.logEvent);
  await page.evaluate(() => window.sessionTracker.logEvent('early'));
  await trackerIsLive(page);
  await page.evaluate(() => window.sessionTracker.flush());
  await everythingIsDelivered(page);
  assert.deepEqual(asked, [404, 201], 'it was tried once');
  const own = (await stateOf(page)).sessionId;
  assert.notEqual(own, sessionId);
  assert.deepEqual(stage.server.rows("SELECT session_id FROM session_events WHERE event_type = 'early'"), [{ session_id: own }]);
  await page.reload();
  await trackerIsLive(page);
  assert.equal((await stateOf(page)).sessionId, own, 'and the next page goes on there');
  assert.deepEqual(faults, []);
});

test('an opt-out takes the cookie back, and who has not consented has none', async () => {
  const page = await open('a');
  assert.equal((await cookies()).length, 1);
  await page.evaluate(() => window.sessionTracker.optOut({ purge: true }));
  await page.goto('about:blank');
  assert.deepEqual(await cookies(), []);
  await go(page, 'b', 'data-cookie-domain="app.localhost" data-consent="pending"');
  await page.waitForFunction(() => window.sessionTracker?.getState);
  await page.evaluate(() => window.sessionTracker.logEvent('held back'));
  await page.goto('about:blank');
  assert.deepEqual(await cookies(), []);
});

test('without a common domain subdomains are visits of their own and write no cookie', async () => {
  const [a, b] = [await open('a', ''), await open('b', '')];
  assert.notEqual((await stateOf(a)).sessionId, (await stateOf(b)).sessionId);
  assert.deepEqual(await cookies(), []);
});
