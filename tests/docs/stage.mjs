/*
 * Where examples are run: a page of the real server's origin with whatever the example is beside it, and programs of the shell, of Node and of
 * PostgreSQL. Each gets what its text presumes, and is looked at while it runs.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { launch, openPage } from '../e2e/browser.mjs';
import { startServer } from '../e2e/server.mjs';
import { until } from '../e2e/until.mjs';
import { install, run } from '../packaging/packed.mjs';

const execute = promisify(execFile);
const at = (path) => fileURLToPath(new URL(path, import.meta.url));

export const PROJECT = at('../..');
const WORK = at('../packaging/fixtures/work/docs');
const LOADERS = { js: 'js', jsx: 'jsx', ts: 'ts', tsx: 'tsx' };

export async function openStage() {
  const { installed } = install();
  mkdirSync(WORK, { recursive: true });
  const browser = await launch();
  const server = await startServer();
  const folder = mkdtempSync(join(tmpdir(), 'session-docs-'));
  return {
    installed,
    server,
    folder,
    /** Bundles the example with what it presumes before it and what is asked of it after it, and gives the file. */
    bundle: ({ language, text }, { before = '', after = '', platform = 'browser' } = {}) => {
      const source = join(WORK, `example.${LOADERS[language]}`);
      const made = join(WORK, `example-${platform}.mjs`);
      writeFileSync(source, `${before}\n${text}\n${after}`);
      run(WORK, 'esbuild', source, '--bundle', '--format=esm', '--jsx=automatic', `--platform=${platform}`, `--outfile=${made}`);
      return made;
    },
    /** Runs the example as a module of a page, or as the page itself if it is HTML, and calls `look` with the page and what it stores while it is open. */
    async inPage(example, { before, after, files = {}, markup = '', consoleIsUsed = false, prepare } = {}, look) {
      const context = await browser.newContext();
      const { origin } = server;
      const serve = (path, answer) => context.route((url) => url.origin === origin && url.pathname === path, (route) => route.fulfill(answer));
      try {
        await serve('/session-tracker.iife.js', { path: join(installed, 'dist/session-tracker.iife.js'), contentType: 'text/javascript' });
        for (const [path, file] of Object.entries(files)) await serve(path, { path: file });
        if (example.language !== 'html') await serve('/example.js', { path: this.bundle(example, { before, after }), contentType: 'text/javascript' });
        const inside = example.language === 'html' ? example.text : `${markup}<script type="module" src="/example.js"></script>`;
        await serve('/example/', { body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>An example</title><link rel="icon" href="data:,">${inside}`, contentType: 'text/html; charset=utf-8' });
        const { page, faults } = await openPage(context);
        await prepare?.(page);
        const visit = visitFrom(server);
        await page.goto(`${origin}/example/`);
        await look(page, visit);
        if (!consoleIsUsed) assert.deepEqual(faults, []);
      } finally {
        await context.close();
      }
    },
    /** Runs the example in Node, and gives what it printed. */
    async inNode(example, { before, after, cwd = folder } = {}) {
      const { stdout } = await execute(process.execPath, [this.bundle(example, { before, after, platform: 'node' })], { cwd, encoding: 'utf8' });
      return stdout;
    },
    /** Runs the example in bash, in the project's folder, and gives what it printed. */
    async inShell(text, variables = {}) {
      const { stdout, stderr } = await execute('bash', ['-euo', 'pipefail', '-c', text], { cwd: PROJECT, env: { ...process.env, ...variables }, encoding: 'utf8', maxBuffer: 1 << 26 });
      return stdout + stderr;
    },
    async close() {
      await browser.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/* What is stored of the sessions that begin from here on: many examples log the same types of events for the same user. */
function visitFrom(server) {
  const earlier = JSON.stringify(server.rows('SELECT id FROM user_sessions').map(({ id }) => id));
  return {
    sessions: () => server.rows('SELECT * FROM user_sessions WHERE id NOT IN (SELECT value FROM json_each(?))', earlier),
    /** The first event of the type, once there is one. */
    arrives: (type) =>
      until(`${type} arrives`, () => server.rows('SELECT * FROM session_events WHERE event_type = ? AND session_id NOT IN (SELECT value FROM json_each(?))', type, earlier)[0]),
  };
}

/** A port that nobody listens on. */
export async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
