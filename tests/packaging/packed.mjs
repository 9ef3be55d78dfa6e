/*
 * The package as its users get it: packed by npm, and unpacked where npm would put it. Beside it stand copies of the fixtures, so that what
 * bundlers write beside their sources is written to nobody's sources.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../e2e/until.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const fixtures = at('fixtures');
const environment = { ...process.env, CI: '1', NEXT_TELEMETRY_DISABLED: '1' };

/** Packs the built package and unpacks it beside the bundlers. What those remember of an earlier package of the same version is forgotten. */
export function install() {
  const installed = join(fixtures, 'node_modules/session-tracker');
  const work = join(fixtures, 'work');
  for (const stale of [installed, work, ...['.vite', '.cache'].map((cache) => join(fixtures, 'node_modules', cache))]) rmSync(stale, { recursive: true, force: true });
  for (const folder of [installed, work]) mkdirSync(folder, { recursive: true });
  const listed = JSON.parse(execFileSync('npm', ['pack', '--json', '--pack-destination', work], { cwd: at('../../pkg'), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  // npm lists what it packed as an array, newer ones as an object by name.
  const [{ filename }] = Array.isArray(listed) ? listed : Object.values(listed);
  const tarball = join(work, filename);
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
  return { installed, tarball };
}

/** A copy of a fixture, or of another folder under its name. */
export function project(name, source = join(fixtures, name)) {
  const folder = join(fixtures, 'work', name);
  rmSync(folder, { recursive: true, force: true });
  cpSync(source, folder, { recursive: true });
  return folder;
}

/** Runs a program of the fixtures' own to its end; what it said is in the error if it fails. */
export function run(folder, program, ...args) {
  try {
    return execFileSync(join(fixtures, 'node_modules/.bin', program), args, { cwd: folder, env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')} failed:\n${error.stdout}\n${error.stderr}`);
  }
}

/** Starts one of their servers, and gives its address when it says it and how to stop it. */
export async function serve(folder, variables, program, ...args) {
  const child = spawn(join(fixtures, 'node_modules/.bin', program), args, { cwd: folder, env: { ...environment, ...variables }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const origin = await until(`${program} names its address`, () => {
    if (child.exitCode !== null) throw new Error(`${program} ended at once:\n${said}`);
    // Colours stand between the digits of some.
    return /http:\/\/(?:127\.0\.0\.1|localhost):\d+/.exec(said.replace(/\u001b\[\d+m/g, ''))?.[0];
  });
  return {
    origin,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
