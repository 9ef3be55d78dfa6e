/*
 * How the WebAssembly arrives: once for the page, from the bytes in this very file unless the caller brings others.
 * It knows nothing of sessions. Nothing happens before the first call.
 */
// First, for then it stands first in the built file: where base64 and code meet, gzip spends a code that suits neither, and a start has
// one such place where a middle has two. It is a kilobyte.
import deflated from 'inlined:tracker.wasm';
import init, { type InitInput } from '../dist/wasm/session_tracker.js';

/** Where the WebAssembly may come from: an address, a reply, its bytes, or a module that is already compiled. */
export type WasmSource = InitInput | Promise<InitInput>;

let loading: Promise<unknown> | undefined;

/**
 * Loads the tracker's WebAssembly. `SessionTracker.create()` does it by itself; call it earlier to choose the moment, or to
 * bring the module from elsewhere (`session-tracker/tracker.wasm`). Repeated calls share one attempt and its source; an
 * attempt that failed is forgotten, so that the next call tries again.
 *
 * @throws (by rejection) what the browser says when it cannot fetch or compile: `TypeError`, `WebAssembly.CompileError`.
 */
export async function load(source?: WasmSource): Promise<void> {
  loading ??= instantiate(source).catch((cause: unknown) => {
    loading = undefined;
    throw cause;
  });
  await loading;
}

async function instantiate(source?: WasmSource): Promise<unknown> {
  return init({ module_or_path: await (source ? moduleFrom(source) : inlinedBytes()) });
}

/* Fetched here, for wasm-bindgen's loader writes a warning to the console when a server names the wrong media type. */
async function moduleFrom(source: WasmSource): Promise<BufferSource | WebAssembly.Module> {
  const given = await source;
  const isAddress = typeof given === 'string' || given instanceof URL || given instanceof Request;
  const found = isAddress ? await fetch(given) : given;
  return found instanceof Response ? found.arrayBuffer() : found;
}

/* Deflated before it is written in base64: what then travels compressed is a third smaller than base64 of the plain module. */
function inlinedBytes(): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(deflated), (character) => character.charCodeAt(0));
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(inflated).arrayBuffer();
}
