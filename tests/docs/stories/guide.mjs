/* What each example of the guide does when it is run. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { trackerIsLive } from '../../e2e/browser.mjs';
import { startServer } from '../../e2e/server.mjs';
import { until } from '../../e2e/until.mjs';

const IMPORT = "import { SessionTracker } from 'session-tracker';";
const ENDPOINT = "const endpoint = '/api/sessions';";
const SHOWN = 'window.sessionTracker = tracker;';
export const RENDERED = "import { createRoot } from 'react-dom/client';\ncreateRoot(document.body.appendChild(document.createElement('div'))).render(<App />);";

const life = async (stage, example) => {
  await stage.inPage(example, { after: `${SHOWN} window.eventId = eventId;` }, async (page, visit) => {
    const click = await visit.arrives('button_click');
    await until('the session has ended', () => visit.sessions().some(({ end_reason: reason }) => reason === 'logout'));
    await page.waitForFunction(() => window.eventId);
    assert.equal(await page.evaluate(() => window.eventId), click.event_id);
  });
};

const signIn = async (stage, example) => {
  const before = `${IMPORT} ${ENDPOINT} const currentUser = async () => ({ accessToken: 'her-token' }); const auth = (window.auth = {});`;
  const starts = [];
  const prepare = (page) =>
    page.route('**/api/sessions/start', (route) => (starts.push([route.request().headers().authorization, route.request().postDataJSON()]), route.continue()));
  await stage.inPage(example, { before, prepare, after: `${SHOWN} void tracker.start();` }, async (page) => {
    await trackerIsLive(page);
    await page.evaluate(() => window.auth.onSignIn({ id: 'ada' }));
    await until('her session has started', () => starts.length === 2);
    const [[first, { sessionId }], [second, { userId, previousId }]] = starts;
    assert.deepEqual([first, second, userId, previousId], ['Bearer her-token', 'Bearer her-token', 'ada', sessionId]);
    await page.evaluate(() => window.auth.onSignOut());
    await page.waitForFunction(() => window.sessionTracker.getState().reason === 'logout');
  });
};

const consent = async (stage, example) => {
  const before = `${IMPORT} ${ENDPOINT} const banner = (window.banner = {});`;
  const asked = [];
  const prepare = (page) => page.on('request', (request) => asked.push(request.url()));
  await stage.inPage(example, { before, prepare, after: `${SHOWN} tracker.logEvent('held_back');` }, async (page, visit) => {
    await page.waitForFunction(() => window.sessionTracker);
    assert.deepEqual(asked.filter((url) => url.includes('/api/')), []);
    await page.evaluate(() => window.banner.onAgree());
    await visit.arrives('held_back');
    await page.evaluate(() => window.banner.onRefuse());
    assert.equal(await page.evaluate(() => window.sessionTracker.getState().status), 'opted-out');
  });
};

const subscription = (stage, example) => {
  const before = `${IMPORT} ${ENDPOINT} const seen = (window.seen = []); const render = ({ status }) => seen.push(status); const tracker = await SessionTracker.create({ endpoint });`;
  return stage.inPage(example, { before, after: 'await tracker.start(); unsubscribe();' }, (page) => page.waitForFunction(() => window.seen.includes('live')));
};

/* The example's page on two subdomains, of which only this browser knows. */
const subdomains = async (stage, example) => {
  const around = { before: `${IMPORT} ${ENDPOINT}`, after: `${SHOWN} void tracker.start();` };
  const files = {
    '/example.js': { path: stage.bundle(example, around), contentType: 'text/javascript' },
    '/example/': { body: '<!doctype html><title>An example</title><script type="module" src="/example.js"></script>', contentType: 'text/html' },
  };
  await stage.inPage(example, around, async (page) => {
    await page.context().route(/^https:\/\/(www|app)\.example\.com\//, async (route) => {
      const { pathname } = new URL(route.request().url());
      const headers = { ...route.request().headers(), origin: stage.server.origin };
      await route.fulfill(files[pathname] ?? { response: await route.fetch({ url: stage.server.origin + pathname, headers }) });
    });
    const seen = [];
    for (const name of ['www', 'app']) {
      await page.goto(`https://${name}.example.com/example/`);
      await trackerIsLive(page);
      seen.push(await page.evaluate(() => window.sessionTracker.sessionId));
    }
    assert.equal(seen[0], seen[1]);
    await page.context().unrouteAll({ behavior: 'ignoreErrors' });
  });
};

const ownEvents = (stage, example) =>
  stage.inPage(example, { after: 'window.ledger = tracker.ledger;' }, async (page) => {
    await page.waitForFunction(() => window.ledger);
    assert.equal(await page.evaluate(() => window.ledger.accepted), 2);
  });

const react = (stage, example) =>
  stage.inPage(example, { after: RENDERED }, async (page, visit) => {
    await page.locator('button:enabled', { hasText: /^\d+$/ }).click();
    await visit.arrives('refresh');
    await until('the router’s path is the section', () => visit.sessions().some(({ app_section: section }) => section === 'dashboard'));
  });

export const site = (stage, example) =>
  stage.inPage(example, {}, async (page, visit) => {
    await trackerIsLive(page);
    await page.getByRole('button', { name: 'Buy' }).click();
    const { event_data: data } = await visit.arrives('button_click');
    assert.equal(JSON.parse(data).plan, 'M');
  });

const ownWasm = (stage, example) =>
  stage.inPage(example, { after: SHOWN, files: { '/assets/tracker.wasm': join(stage.installed, 'dist/tracker.wasm') } }, trackerIsLive);

const ownWasmInReact = (stage, example) =>
  stage.inPage(example, { after: RENDERED, files: { '/assets/tracker.wasm': join(stage.installed, 'dist/tracker.wasm') } }, (page) => page.getByText('live', { exact: true }).waitFor());

const rooms = async (stage, example) => {
  const roomId = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(example.text)[0];
  const api = (path, body) => fetch(`${stage.server.origin}/api/rooms${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  assert.equal((await api('', { userId: 'owner', roomId })).status, 201);
  assert.equal((await api(`/${roomId}/join`, { userId: 'owner', accessMethod: 'direct' })).status, 200);
  await stage.inPage(example, { after: 'window.joined = joined;' }, async (page) => {
    await page.waitForFunction(() => window.joined);
    assert.deepEqual(await page.evaluate(() => [window.joined.ok, window.joined.value?.participantCount]), [true, 2]);
  });
};

const conversation = (stage, example) =>
  stage.inPage(example, { after: 'window.done = true;' }, async (page) => {
    await page.waitForFunction(() => window.done);
    assert.deepEqual(stage.server.rows('SELECT prompt, model_used FROM ai_interactions'), [{ prompt: 'Hello', model_used: 'a-model' }]);
  });

const operating = async (stage, example) => {
  const { token } = await (await fetch(`${stage.server.origin}/live/service-token`)).json();
  mkdirSync(join(stage.folder, 'data'), { recursive: true });
  writeFileSync(join(stage.folder, 'data/service-token'), `${token}\n`);
  const text = example.text.replaceAll('http://127.0.0.1:8787', stage.server.origin);
  assert.match(await stage.inNode({ ...example, text }), /^true \{[^]*ok: true/);
};

export const backendCheck = async (stage, example) => {
  const text = example.text.replaceAll('http://127.0.0.1:8787', stage.server.origin);
  const printed = await stage.inNode({ ...example, text });
  if (example.text.includes('console.log')) assert.match(printed, /^true [0-9a-f-]{36} 3\n$/);
};

/* The archive, the tests install by unpacking it; here it is npm's own command. */
const installation = async (stage, example) => {
  const [pack, ...rest] = example.text.trim().split('\n');
  assert.equal(pack, 'make build && npm pack ./pkg');
  assert.match(await stage.inShell('make --dry-run build'), /build-package/);
  const folder = join(stage.folder, 'application');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  await stage.inShell(`npm pack ./pkg --pack-destination "${folder}" && cd "${folder}" && ${rest.join('\n')}`, { npm_config_audit: 'false', npm_config_fund: 'false' });
  assert.equal(await stage.inShell(`cd "${folder}" && node -p "typeof require('session-tracker').SessionTracker.create"`), 'function\n');
};

const conformance = async (stage, example) => {
  const key = 'a secret of thirty-two bytes or so';
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const bearer = (sub) => {
    const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iss: 'docs', aud: 'sessions', sub, exp: Math.floor(Date.now() / 1000) + 3600 })}`;
    return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
  };
  const file = join(stage.folder, 'key');
  writeFileSync(file, key);
  const flags = ['--auth', 'required', '--issuer', `kind=hs256,issuer=docs,audience=sessions,secret=file:${file}`, '--allow-origin', 'https://app.example'];
  const server = await startServer(flags);
  try {
    const command = example.text.replace('https://host', server.origin);
    assert.notEqual(command, example.text);
    assert.match(await stage.inShell(command, { TOKEN: bearer('ada'), OTHER: bearer('grace') }), /kept/);
  } finally {
    await server.stop();
  }
};

export const guide = {
  'docs/GUIDE.md § Install § sh': installation,
  'docs/GUIDE.md § A session\'s life § js': life,
  'docs/GUIDE.md § A user signs in, or out § js': signIn,
  'docs/GUIDE.md § What a person chooses § js': consent,
  'docs/GUIDE.md § One session over subdomains § js': subdomains,
  'docs/GUIDE.md § What the tracker is doing § js': subscription,
  'docs/GUIDE.md § Your own events, checked § ts': ownEvents,
  'docs/GUIDE.md § React § tsx': react,
  'docs/GUIDE.md § A site without a framework § html': site,
  'docs/GUIDE.md § Bring your own WebAssembly § ts': ownWasm,
  'docs/GUIDE.md § Bring your own WebAssembly § tsx': ownWasmInReact,
  'docs/GUIDE.md § Rooms § ts': rooms,
  'docs/GUIDE.md § Conversations with a model § ts': conversation,
  'docs/GUIDE.md § Operating § ts': operating,
  'docs/GUIDE.md § Checking a backend from your tests § ts': backendCheck,
  'docs/GUIDE.md § A backend of your own § sh': conformance,
};
