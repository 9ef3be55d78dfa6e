/*
 * Weighs everything a page downloads from pkg/dist and fails when the default entry, gzipped, is above the ceiling of size.json.
 * There is one ceiling for each standard library that the tracker can be linked with, because the rebuilt one is far smaller.
 * A ceiling is a figure that was reached for a scope, which names what the tracker can do. Within a scope it only ever goes down: none may be
 * above the lowest that any commit has held. The goal is where it is to end, whatever the scope.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const project = fileURLToPath(new URL('..', import.meta.url));
const dist = new URL('../pkg/dist/', import.meta.url);
const settings = 'bench/size.json';

/* What is inlined is counted where it is inlined, as base64; the last two rows only say what that is made of. */
const downloads = [
  ['index.js', 'ESM entry, WebAssembly inlined'],
  ['session-tracker.iife.js', 'script-tag build, WebAssembly inlined'],
  ['react.js', 'React entry, on top of index.js'],
  ['slim.js', 'the entry that carries no WebAssembly'],
  ['session-tracker.plain.js', 'plain JavaScript where WebAssembly is forbidden, on top of any of these'],
  ['session-tracker.site.js', 'one session over subdomains, on top of any of these where it is asked for'],
  ['analytics.js', 'the service object, on top of index.js'],
  ['api.js', 'what rooms, ai, admin and testing share'],
  ['rooms.js', 'rooms entry, on top of api.js'],
  ['ai.js', 'AI entry, on top of api.js'],
  ['admin.js', 'admin entry, on top of api.js'],
  ['testing.js', 'testing entry, on top of api.js'],
  ['tracker.wasm', 'the WebAssembly alone'],
  ['wasm/session_tracker.js', "wasm-bindgen's glue alone, not minified"],
];

const { judged, scope, goals, ceilings } = JSON.parse(readFileSync(new URL('size.json', import.meta.url), 'utf8'));
if (!existsSync(new URL('wasm/toolchain.json', dist))) {
  console.error('error: there is no built package to weigh: run make build');
  process.exit(1);
}
const { std, rustc } = JSON.parse(readFileSync(new URL('wasm/toolchain.json', dist), 'utf8'));

const weights = new Map(downloads.map(([file]) => [file, weigh(readFileSync(new URL(file, dist)))]));

console.log(`bytes, linked with the ${std} standard library of ${rustc}`);
console.log(row('raw', 'gzip -9', 'brotli 11', ''));
for (const [file, what] of downloads) {
  const { raw, gzip, brotli } = weights.get(file);
  console.log(row(raw, gzip, brotli, `${file}: ${what}`));
}

const faults = [...aboveCeiling(), ...raisedCeilings()];
for (const fault of faults) console.error(`error: ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;

function weigh(bytes) {
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli.length };
}

function row(raw, gzip, brotli, text) {
  return `${String(raw).padStart(9)} ${String(gzip).padStart(9)} ${String(brotli).padStart(9)}  ${text}`.trimEnd();
}

function aboveCeiling() {
  const { gzip } = weights.get(judged);
  const ceiling = ceilings[std];
  if (!(ceiling > 0)) return [`${settings} has no ceiling for the ${std} standard library`];
  console.log(`${judged} is ${gzip} bytes gzipped; the ceiling is ${ceiling}, the goal ${goals[std]}`);
  return gzip > ceiling ? [`${judged} is ${gzip - ceiling} bytes above its ceiling of ${ceiling}: make the tracker smaller`] : [];
}

function raisedCeilings() {
  const raised = [];
  for (const commit of git('log', '--format=%h', '--', settings).split('\n').filter(Boolean)) {
    for (const [kind, earlier] of Object.entries(ceilingsAt(commit))) {
      if (ceilings[kind] > earlier) raised.push(`${settings}: the ${kind} ceiling is ${ceilings[kind]}, but commit ${commit} had ${earlier}, and it only goes down`);
    }
  }
  return raised;
}

function ceilingsAt(commit) {
  // A commit that deleted or broke the file holds nothing to compare with.
  try {
    const then = JSON.parse(git('show', `${commit}:${settings}`));
    return (then.scope === scope && then.ceilings) || {};
  } catch {
    return {};
  }
}

/* Empty where there is no history to ask: in an unpacked archive, or before the first commit. */
function git(...args) {
  try {
    return execFileSync('git', args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
