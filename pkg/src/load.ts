/*
 * How the WebAssembly arrives: once for the page, from the bytes in this very file unless the caller brings others.
 * It knows nothing of sessions. Nothing happens before the first call.
 */
// First, for then it stands first in the built file: where base64 and code meet, gzip spends a code that suits neither, and a start has
// one such place where a middle has two. It is a kilobyte.
import deflated from 'inlined:tracker.wasm';
import init, { SessionTracker, type InitInput } from '../dist/wasm/session_tracker.js';
import { macrotask } from './macrotask.js';
import { shield } from './shield.js';

/** Where the WebAssembly may come from: an address, a reply, its bytes, or a module that is already compiled. */
export type WasmSource = InitInput | Promise<InitInput>;

/** Whether to use WebAssembly: where it is allowed, or not at all. */
export type WasmChoice = 'auto' | 'never';

/** The compiled class: the WebAssembly's own, or that of its twin in plain JavaScript. */
export let Compiled: typeof SessionTracker = SessionTracker;

let loading: Promise<void> | undefined;

/**
 * Loads the tracker's WebAssembly. `SessionTracker.create()` does it by itself; call it earlier to choose the moment, or to
 * bring the module from elsewhere (`session-tracker/tracker.wasm`). Where a content security policy forbids WebAssembly, the same tracker
 * as plain JavaScript is loaded from the file beside this one. Repeated calls share one attempt and its source; an
 * attempt that failed is forgotten, so that the next call tries again.
 *
 * @param source where the module comes from; by default it is in this file (with `session-tracker/slim` there is none)
 * @param wasm `never` goes straight to the plain JavaScript; default `auto`
 * @throws (by rejection) what the browser says when it cannot fetch or compile: `TypeError`, `WebAssembly.CompileError`; an `Error` if
 *   the module is of another version
 */
export async function load(source?: WasmSource, wasm: WasmChoice = 'auto'): Promise<void> {
  loading ??= begin(source, wasm).catch((cause: unknown) => {
    loading = undefined;
    throw cause;
  });
  await loading;
}

async function begin(source: WasmSource | undefined, wasm: WasmChoice): Promise<void> {
  if (wasm !== 'never') {
    try {
      await init({ module_or_path: await (source ? moduleFrom(source) : inlinedBytes()) });
      return;
    } catch (cause) {
      // Whoever brings the module is told what is wrong with it.
      if (IS_SLIM ? await canCompile() : source) throw IS_SLIM ? explained(cause) : cause;
    }
  }
  Compiled = (await import('./plain.js')).instantiate(shield);
}

/* A module that does nothing tells a policy against all of them from a fault of the one. */
function canCompile(): Promise<boolean> {
  return (async () => WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)))().then(
    () => true,
    () => false,
  );
}

function explained(cause: unknown): unknown {
  return cause instanceof WebAssembly.LinkError ? new Error('The module that load() was given is of another version of session-tracker.', { cause }) : cause;
}

/* Fetched here, for wasm-bindgen's loader writes a warning to the console when a server names the wrong media type. */
async function moduleFrom(source: WasmSource): Promise<BufferSource | WebAssembly.Module> {
  const given = await source;
  const isAddress = typeof given === 'string' || given instanceof URL || given instanceof Request;
  const found = isAddress ? await fetch(given) : given;
  return found instanceof Response ? found.arrayBuffer() : found;
}

/* Deflated before it is written in base64: what then travels compressed is a third smaller than base64 of the plain module. */
async function inlinedBytes(): Promise<ArrayBuffer> {
  if (IS_SLIM) throw new TypeError('session-tracker/slim carries no WebAssembly: call load() with its address, bytes or module first.');
  // Evaluating this file was a task already.
  await macrotask();
  const text = atob(deflated);
  const bytes = new Uint8Array(text.length);
  // Uint8Array.from with a function takes three times as long.
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = text.charCodeAt(at);
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(inflated).arrayBuffer();
}
