/*
 * A browser of any engine, driven as the W3C's WebDriver standard says, so that the same story runs in each. A browser has a profile of its own,
 * which a second one can be given after it. What differs between engines is in ENGINES; nobody else asks which one it is.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../until.mjs';

const { CHROMIUM, CHROMEDRIVER, FIREFOX, GECKODRIVER, MINIBROWSER, WEBKIT_DRIVER } = process.env;

/* `driver` is its program, `flags` what it is told, `capabilities` which browser it starts on which profile. */
const ENGINES = {
  Chromium: {
    driver: CHROMEDRIVER,
    flags: (port) => [`--port=${port}`],
    capabilities: (profile) => ({
      'goog:chromeOptions': {
        binary: CHROMIUM,
        args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
          '--disable-component-update', '--disable-sync', `--user-data-dir=${profile}`],
      },
    }),
  },
  Firefox: {
    driver: GECKODRIVER,
    flags: (port) => ['--port', `${port}`],
    capabilities: (profile) => ({ 'moz:firefoxOptions': { binary: FIREFOX, args: ['-headless', '-profile', profile] } }),
  },
  WebKit: {
    driver: WEBKIT_DRIVER,
    flags: (port) => [`--port=${port}`],
    // A driven MiniBrowser keeps nothing on disk.
    capabilities: () => ({ 'webkitgtk:browserOptions': { binary: MINIBROWSER, args: ['--automation'] } }),
  },
};

/* A browser that has not started by then, or does not answer, never will. */
const PATIENCE_MS = 60_000;

/** The engines whose driver this machine has (`scripts/test-engines` names them in the environment). */
export const engines = Object.keys(ENGINES).filter((name) => ENGINES[name].driver);

/** A folder for a browser's profile. */
export function makeProfile() {
  const folder = mkdtempSync(join(tmpdir(), 'session-tracker-profile-'));
  // A browser that was killed may still be writing.
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }) };
}

let starting = Promise.resolve();

/**
 * Starts a browser with one empty tab. One starts at a time: a port is found free some time before the driver takes it, and WebKit's driver finds
 * one for its browser in the same way, so of two that start together one might wait at the other's.
 */
export function startBrowser(name, profile) {
  const started = starting.then(() => start(name, profile));
  starting = started.catch(() => {});
  return started;
}

async function start(name, profile) {
  const { driver, flags, capabilities } = ENGINES[name];
  const port = await freePort();
  const child = spawn(driver, flags(port), { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const address = `http://127.0.0.1:${port}`;
  const killBrowser = () => descendants(child.pid).forEach((pid) => signalIfThere(pid, 'SIGKILL'));
  const stopDriver = async (signal = 'SIGTERM') => {
    child.kill(signal);
    await ended;
  };
  const begin = async () => {
    await until(`the driver of ${name} is ready`, () => send(address, 'GET', '/status').then(({ ready }) => ready, () => false));
    return send(address, 'POST', '/session', { capabilities: { alwaysMatch: { pageLoadStrategy: 'normal', ...capabilities(profile.folder) } } });
  };
  const { sessionId } = await begin().catch(async (cause) => {
    killBrowser();
    await stopDriver('SIGKILL');
    throw new Error(`${name} did not start`, { cause });
  });
  const say = (method, path, body) => send(`${address}/session/${sessionId}`, method, path, body);
  return {
    goto: (url) => say('POST', '/url', { url }),
    reload: () => say('POST', '/refresh', {}),
    back: () => say('POST', '/back', {}),
    /** Runs a function's body in the page; `arguments` are the values. */
    run: (script, ...args) => say('POST', '/execute/sync', { script, args }),
    /** Clicks the element as a person does, by moving there and pressing. */
    async click(selector) {
      const element = await say('POST', '/element', { using: 'css selector', value: selector });
      await say('POST', `/element/${Object.values(element)[0]}/click`, {});
    },
    tab: () => say('GET', '/window'),
    /** Opens an empty tab and goes there. */
    async openTab() {
      const { handle } = await say('POST', '/window/new', { type: 'tab' });
      await say('POST', '/window', { handle });
      return handle;
    },
    goToTab: (handle) => say('POST', '/window', { handle }),
    /** Closes the tab. The browser goes with the last one. */
    closeTab: () => say('DELETE', '/window'),
    /** Ends the browser as its user does, and its driver. */
    async quit() {
      await send(address, 'DELETE', `/session/${sessionId}`).catch(() => {});
      await stopDriver();
    },
    /** Ends every process of the browser between one instruction and the next. */
    async kill() {
      killBrowser();
      await stopDriver();
    },
    /** Stops every process of the browser, as a device that falls asleep does. */
    sleep: () => descendants(child.pid).forEach((pid) => signalIfThere(pid, 'SIGSTOP')),
    /** And lets them go on. */
    wake: () => descendants(child.pid).forEach((pid) => signalIfThere(pid, 'SIGCONT')),
  };
}

async function send(address, method, path, body) {
  const reply = await fetch(address + path, { method, signal: AbortSignal.timeout(PATIENCE_MS), ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) });
  const { value } = await reply.json();
  if (!reply.ok) throw new Error(`WebDriver refused ${method} ${path}: ${value.error}: ${value.message}`);
  return value;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function descendants(pid) {
  const processes = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent) => processes.filter(([, of]) => of === parent).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

function signalIfThere(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
