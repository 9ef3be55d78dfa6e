/*
 * Makes dist/plain/ from the tracker as rustc left it: the same module as JavaScript, for pages whose content security policy forbids
 * WebAssembly. Binaryen's wasm2js does the work. It takes one table and the first edition's instructions; wasm-bindgen is told so by the
 * section from which it learns what a module was compiled for, and Binaryen puts older instructions in place of newer ones.
 *
 * node build-plain.mjs MODULE, with wasm-bindgen on the PATH.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [, , module] = process.argv;
const work = mkdtempSync(join(tmpdir(), 'session-tracker-plain-'));
const at = (name) => join(work, name);

const FEATURES = ['bulk-memory', 'bulk-memory-opt', 'mutable-globals', 'nontrapping-float-to-int', 'sign-ext', 'multivalue', 'reference-types'];
const features = FEATURES.map((feature) => `--enable-${feature}`);
const LOWERED = ['--signext-lowering', '--llvm-memory-copy-fill-lowering', '--llvm-nontrapping-fptoint-lowering'];

const TYPES = `export { SessionTracker } from '../wasm/session_tracker.js';
export declare function instantiate(shield: (exports: WebAssembly.Exports) => WebAssembly.Exports): void;
`;

try {
  binaryen('wasm-opt', module, '-o', at('bare.wasm'), ...features, '--strip-target-features');
  writeFileSync(at('old.wasm'), Buffer.concat([readFileSync(at('bare.wasm')), targetFeatures('mutable-globals')]));
  execFileSync('wasm-bindgen', [at('old.wasm'), '--target', 'web', '--out-dir', at('bound'), '--out-name', 'session_tracker'], { stdio: ['ignore', 'ignore', 'inherit'] });
  binaryen('wasm-opt', at('bound/session_tracker_bg.wasm'), '-o', at('lowered.wasm'), ...features, ...LOWERED, '--low-memory-unused', '-Oz', '--strip-debug', '--strip-producers', '--strip-target-features');
  binaryen('wasm2js', at('lowered.wasm'), '-O', '--enable-mutable-globals', '-o', at('module.js'));

  const out = here('dist/plain');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  cpSync(at('bound/snippets'), join(out, 'snippets'), { recursive: true });
  writeFileSync(join(out, 'module.js'), moduleOf(readFileSync(at('module.js'), 'utf8')));
  writeFileSync(join(out, 'session_tracker.d.ts'), TYPES);
  writeFileSync(join(out, 'session_tracker.js'), loaderOf(readFileSync(at('bound/session_tracker.js'), 'utf8')));
} finally {
  rmSync(work, { recursive: true });
}

function binaryen(program, ...args) {
  execFileSync(process.execPath, [here(`node_modules/binaryen/bin/${program}`), ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/* A custom section as the tool conventions of WebAssembly have it: each feature with a + before it. */
function targetFeatures(...names) {
  const text = (value) => [value.length, ...Buffer.from(value)];
  const body = [...text('target_features'), names.length, ...names.flatMap((name) => ['+'.charCodeAt(0), ...text(name)])];
  return Buffer.from([0, body.length, ...body]);
}

/* wasm2js writes a module that starts itself on import; here it is a function, to be started when somebody asks. */
function moduleOf(text) {
  const [body, ...rest] = text.replace(/^import \* as .*$/gm, '').split(/^var retasmFunc = /m);
  if (rest.length !== 1) throw new Error('wasm2js was expected to start its module once: adapt build-plain.mjs.');
  return `${body}\nexport { asmFunc };\n`;
}

/* wasm-bindgen's loader, with the module as a function in place of bytes. Where a memory grows, JavaScript's own leaves the old buffer as it
   was, so it has to be compared; and the place after the fixed objects, which the loader writes into a WebAssembly module, has to be told. */
function loaderOf(text) {
  const [head, ...rest] = text.split(/^async function __wbg_load\(/m);
  if (rest.length !== 1) throw new Error("wasm-bindgen's loader was expected to hold __wbg_load once: adapt build-plain.mjs.");
  const fixed = /^import \* as (\w+) from "__wbindgen_externref_xform__"$/m;
  if (!fixed.test(head)) throw new Error("wasm-bindgen's loader was expected to ask for the place after the fixed objects: adapt build-plain.mjs.");
  const told = head.replace(fixed, 'const $1 = { __wbindgen_externref_statics_end: () => firstFreeObject };');
  const compared = told.replace(/(cached\w+Memory0) === null \|\| [^{]+\) \{/g, '$1 === null || $1.buffer !== wasm.memory.buffer) {');
  return `import { asmFunc } from './module.js';
${compared}
const firstFreeObject = heap.length;

export function instantiate(shield) {
    __wbg_finalize_init({ exports: shield(asmFunc(__wbg_get_imports())) });
}
`;
}
