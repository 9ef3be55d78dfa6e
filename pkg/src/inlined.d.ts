/* What build.mjs puts in place of this name: the tracker's WebAssembly, deflated (RFC 1951) and written in base64. */
declare module 'inlined:tracker.wasm' {
  const deflated: string;
  export default deflated;
}

/* Whether build.mjs is making the entry that carries no WebAssembly. */
declare const IS_SLIM: boolean;
