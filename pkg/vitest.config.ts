import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/* The unit tests meet a fake of the compiled module; the real one is met by tests/built.test.ts and in real browsers. */
export default defineConfig({
  resolve: {
    alias: [
      { find: '../dist/wasm/session_tracker.js', replacement: here('tests/glue.ts') },
      { find: 'inlined:tracker.wasm', replacement: here('tests/inlined.ts') },
    ],
  },
  test: { include: ['tests/**/*.test.{ts,tsx}'] },
});
