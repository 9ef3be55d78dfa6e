/*
 * wasm-bindgen names each import after what it does and a hash: a hundred names that no compressor can shorten, once in the
 * module and once in its loader. Here both get names of one or two letters. It knows nothing else of either.
 */
import { execFileSync } from 'node:child_process';

/* What the module was compiled with. wasm-opt has to be told, and never `--all-features`: it would use encodings that engines refuse. */
const FEATURES = ['bulk-memory', 'bulk-memory-opt', 'mutable-globals', 'nontrapping-float-to-int', 'sign-ext', 'multivalue', 'reference-types'];

/** Writes the module with short names, and gives what renames them in the loader's text likewise. */
export function shortenNames(wasmOpt, module, shortened) {
  const features = FEATURES.map((feature) => `--enable-${feature}`);
  const renaming = ['--minify-imports-and-exports-and-modules', '-o', shortened];
  const output = execFileSync(process.execPath, [wasmOpt, module, ...features, ...renaming], { encoding: 'utf8' });
  const { imports, exports } = JSON.parse(output.replace(/,(\s*[\]}])/g, '$1'));
  return (loader) => renameImports(renameExports(loader, new Map(exports)), imports);
}

function renameExports(loader, names) {
  return loader.replace(/\bwasm\.([\w$]+)/g, (whole, name) => (names.has(name) ? `wasm.${names.get(name)}` : whole));
}

/* The pass calls every module "a". */
function renameImports(loader, imports) {
  const names = new Map(imports.map(([, name, short]) => [name, short]));
  const [[module]] = imports;
  const missing = new Set(names.keys());
  const renamed = loader.replaceAll(`"${module}"`, '"a"').replace(/\b(__wb\w+)(?=: function)/g, (whole, name) => {
    missing.delete(name);
    return names.get(name) ?? whole;
  });
  if (missing.size > 0) throw new Error(`wasm-bindgen's loader does not define ${[...missing].join(', ')} as expected: adapt short-names.mjs.`);
  return renamed;
}
