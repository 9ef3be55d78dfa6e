/* The smallest WebAssembly module there is (its magic and its version), as the build would inline it. */
import { deflateRawSync } from 'node:zlib';

export const MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

export default deflateRawSync(MODULE).toString('base64');
