/*
 * The real server on a port of its own with a database of its own, and that database's rows, read from the file.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sqlite from 'node-sqlite3-wasm';
import { until } from './until.mjs';

const inProject = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const BINARIES = [process.env.SESSION_SERVER, inProject('target/release/session-server'), inProject('target/debug/session-server')];

/** Starts a server and waits until it is ready. `flags` are added to its command line; `others` stand in place of its usual settings. */
export async function startServer(flags = [], others = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'session-tracker-e2e-'));
  let { child, origin, said } = await run(folder, flags, others);
  return {
    /** Where it listens; another port after each restart. */
    get origin() {
      return origin;
    },
    /** What it wrote to its standard streams since it was started. */
    get said() {
      return said;
    },
    rows: (sql, ...values) => rowsOf(folder, sql, values),
    /** Ends it between one instruction and the next. */
    kill: () => end(child, 'SIGKILL'),
    /** Ends it if it runs, and starts it on the same database with these flags besides its own. */
    async restart(more = []) {
      await end(child, 'SIGTERM');
      ({ child, origin, said } = await run(folder, [...flags, ...more], others));
    },
    async stop() {
      await end(child, 'SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function run(folder, flags, others) {
  const binary = BINARIES.find((place) => place && existsSync(place));
  if (!binary) throw new Error('The server is not built: `make test` builds it, or name its binary in the variable SESSION_SERVER.');
  const settings = {
    '--listen': '127.0.0.1:0',
    '--database': `sqlite:${join(folder, 'sessions.db')}`,
    '--service-token-file': join(folder, 'service-token'),
    '--www': inProject('www'),
    '--pkg': inProject('pkg/dist'),
    ...others,
  };
  const child = spawn(binary, [...Object.entries(settings).flat(), '--hand-out-service-token', ...flags]);
  const said = collect(child);
  const origin = await until('the server names its address', () => addressIn(said, child));
  await until('the server is ready', () => fetch(`${origin}/readyz`).then((reply) => reply.ok, () => false));
  return { child, origin, said };
}

function collect(child) {
  const said = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said.text += text));
  return said;
}

function addressIn(said, child) {
  if (child.exitCode !== null) throw new Error(`The server ended at once:\n${said.text}`);
  return /http:\/\/127\.0\.0\.1:\d+/.exec(said.text)?.[0];
}

async function end(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

/* SQLite in WebAssembly cannot share memory with the server's process, so it reads a copy: the file and its write-ahead log. */
function rowsOf(folder, sql, values) {
  const copy = mkdtempSync(join(folder, 'copy-'));
  for (const suffix of ['-wal', '']) {
    const file = join(folder, `sessions.db${suffix}`);
    if (existsSync(file)) copyFileSync(file, join(copy, `sessions.db${suffix}`));
  }
  const database = new sqlite.Database(join(copy, 'sessions.db'));
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    return database.all(sql, values);
  } finally {
    database.close();
    rmSync(copy, { recursive: true });
  }
}
