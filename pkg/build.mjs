/*
 * Makes the package in dist/ from src/ and from what wasm-pack left in dist/wasm/, and bundles the pages of ../www that are written in React.
 * It writes nothing outside dist/.
 */
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import zopfli from '@gfx/zopfli';
import { build } from 'esbuild';
import { minify } from 'terser';
import { shortenNames } from './short-names.mjs';

// The compressor's loader hangs itself into these, and would print its own source in place of an error's.
for (const lastResort of ['uncaughtException', 'unhandledRejection']) process.removeAllListeners(lastResort);

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const renameInLoader = shortenNames(here('node_modules/binaryen/bin/wasm-opt'), here('dist/wasm/session_tracker_bg.wasm'), here('dist/tracker.wasm'));

/* The tracker's bytes, for src/load.ts. */
const inlinedWasm = inlined(async () => {
  // Zopfli takes a second where zlib takes none, and its output is a twentieth smaller for the same inflater.
  const deflated = await zopfli.deflateAsync(await readFile(here('dist/tracker.wasm')), {});
  return Buffer.from(deflated).toString('base64');
});
const noWasm = inlined(() => '');

function inlined(text) {
  return {
    name: 'inlined-wasm',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^inlined:/ }, ({ path }) => ({ path, namespace: 'inlined' }));
      onLoad({ filter: /.*/, namespace: 'inlined' }, async () => ({ contents: await text(), loader: 'text' }));
    },
  };
}

/* wasm-bindgen's loader with the exports behind the shield, and without what nothing in here needs: its ways of fetching (src/load.ts hands over
   bytes or a compiled module; and bundlers copy every file that is named beside import.meta.url), its care for browsers below ours and for what Safari's
   decoder does after 2 GB, freeing by hand (the garbage collector does it) or where there is no memory left (the shield retires the tracker), and
   keeping a view that is asked for at a page's beginning. */
const guardedGlue = {
  name: 'guarded-glue',
  setup({ onLoad }) {
    onLoad({ filter: /wasm[/\\]session_tracker\.js$/ }, async ({ path }) => {
      let contents = renameInLoader(await readFile(path, 'utf8'));
      contents = replaceOnce(contents, /\bwasm = instance\.exports;/, 'wasm = shield(instance.exports);');
      contents = replaceOnce(contents, /\n    if \(realloc === undefined\) \{[^}]*\}\n/, '');
      contents = replaceOnce(contents, /\nif \(!\('encodeInto' in cachedTextEncoder\)\) \{[^}]*\}[^}]*\}[^}]*\}\n/, '');
      contents = replaceOnce(contents, /\(typeof FinalizationRegistry === 'undefined'\)\n[^\n]*\n {4}: /, '');
      contents = replaceOnce(contents, /\nif \(Symbol\.dispose\) [^\n]*/, '');
      contents = replaceOnce(contents, /    __destroy_into_raw\(\) \{[^}]*\}\n    free\(\) \{[^}]*\}\n/, '');
      contents = replaceOnce(contents, /    numBytesDecoded \+= [^}]*\}[^}]*\}\n/, '');
      contents = replaceOnce(contents, /try \{\n(?= +ptr0 = )/, '');
      contents = replaceOnce(contents, /\} catch \(e\) \{\n +if \(ptr1\)[^}]*\}[^}]*\}[^}]*\}/, '');
      contents = replaceOnce(contents, /if \(cachedDataViewMemory0 === null[^{]*\{\n +cachedDataViewMemory0 = /, 'return ');
      contents = replaceOnce(contents, /\n    \}\n    return cachedDataViewMemory0;/, '');
      contents = replaceOnce(contents, /\nasync function __wbg_load\([^]*$/, STARTED);
      return { contents: `import { shield } from '../../src/shield';\n${contents}`, loader: 'js' };
    });
  },
};

/* Bytes come back as an instance with its module, a compiled module as the instance alone. */
const STARTED = `
export default async function init({ module_or_path: source }) {
    const made = await WebAssembly.instantiate(source, __wbg_get_imports());
    __wbg_finalize_init(made.instance ?? made);
}
`;

/* The other entries import the package's own front door, and share what asks a backend, so that a page never downloads either twice. */
const sharedDoors = {
  name: 'shared-doors',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(index|api)\.js$/ }, ({ path, kind }) => (kind === 'entry-point' ? undefined : { path, external: true, sideEffects: false }));
  },
};

/* React once more, in front of the tracker that carries no WebAssembly. */
const slimDoor = {
  name: 'slim-door',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/index\.js$/ }, () => ({ path: './slim.js', external: true, sideEffects: false }));
  },
};

/* Files of their own, which only a page without WebAssembly, or with a common domain, asks for; their names are to be recognised among a site's own. */
const onesBeside = {
  name: 'ones-beside',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(plain|site)\.js$/ }, ({ path, kind }) => (kind === 'dynamic-import' ? { path: `./session-tracker.${path.slice(2)}`, external: true } : undefined));
  },
};

const common = { bundle: true, minify: true, target: 'es2022', charset: 'utf8', legalComments: 'none', absWorkingDir: here('.') };

const onReact = { format: 'esm', jsx: 'automatic', external: ['react', 'react/jsx-runtime'] };

/* A tracker in one file: what every page downloads, and therefore minified twice. */
async function trackerIn(outfile, entry, { wasm = inlinedWasm, isSlim = false, wrap = (code) => code } = {}) {
  const defined = { IS_SLIM: `${isSlim}` };
  const { outputFiles } = await build({ ...common, entryPoints: [`src/${entry}.ts`], format: 'esm', define: defined, plugins: [wasm, guardedGlue, onesBeside], write: false });
  await writeFile(here(`dist/${outfile}`), wrap(await minifiedAgain(outputFiles[0].text)));
}

/* Terser finds 3 % more than esbuild. It must not see the inlined module, which it would move from the head of the file to where it is used, and gzip
   would change its code twice. */
async function minifiedAgain(text) {
  const [module = '', name] = /^var (\w+)="[\w+/=]{9999,}"[,;]/.exec(text) ?? [];
  const rest = (module.endsWith(',') ? 'var ' : '') + text.slice(module.length);
  const { code } = await minify(rest, { module: true, ecma: 2022, compress: { passes: 3 }, mangle: { reserved: name ? [name] : [] } });
  return module.replace(/,$/, ';') + code;
}

await Promise.all([
  trackerIn('index.js', 'index'),
  // Wrapped by hand: for a format that may meet `require`, esbuild adds what turns one kind of module into the other.
  trackerIn('session-tracker.iife.js', 'script', { wrap: (code) => `(()=>{"use strict";${code}})();` }),
  trackerIn('slim.js', 'index', { wasm: noWasm, isSlim: true }),
  build({ ...common, entryPoints: ['src/plain.ts'], outfile: 'dist/session-tracker.plain.js', format: 'esm' }),
  build({ ...common, entryPoints: ['src/site.ts'], outfile: 'dist/session-tracker.site.js', format: 'esm' }),
  build({
    ...common,
    ...onReact,
    entryPoints: ['react.tsx', 'analytics.ts', 'rooms.ts', 'ai.ts', 'admin.ts', 'testing.ts', 'supabase.ts', 'api.ts'].map((name) => `src/${name}`),
    outdir: 'dist',
    plugins: [sharedDoors],
  }),
  build({ ...common, ...onReact, entryPoints: ['src/react.tsx'], outfile: 'dist/slim-react.js', plugins: [slimDoor] }),
]);

const page = (name, mode) =>
  build({
    ...common,
    entryPoints: [`../www/${name}/main.tsx`],
    outfile: `dist/www/${name}.js`,
    format: 'esm',
    jsx: 'automatic',
    alias: { 'session-tracker/react': './dist/react.js', 'session-tracker': './dist/index.js' },
    nodePaths: [here('node_modules')],
    define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
  });

// React checks StrictMode's double mount only in its development build, which is what the application is there to show.
await Promise.all([page('app', 'development'), page('dashboard', 'production')]);

execFileSync(process.execPath, [here('node_modules/typescript/bin/tsc'), '-p', here('tsconfig.build.json')], { stdio: 'inherit' });

function replaceOnce(text, pattern, replacement) {
  const count = text.split(pattern).length - 1;
  if (count !== 1) throw new Error(`wasm-bindgen's loader was expected to hold ${pattern} once, and holds it ${count} times: adapt build.mjs.`);
  return text.replace(pattern, replacement);
}
