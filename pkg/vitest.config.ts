import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/* The unit tests meet a fake of the compiled module; the real one is met by tests/built.test.ts and in real browsers. */
const fakes = [
  { find: '../dist/wasm/session_tracker.js', replacement: here('tests/glue.ts') },
  { find: '../dist/plain/session_tracker.js', replacement: here('tests/plain-glue.ts') },
  { find: 'inlined:tracker.wasm', replacement: here('tests/inlined.ts') },
];

/* From a folder of its own, for every package that asks for React has to find the same one. */
const older = ['react', 'react-dom', '@testing-library/react'].map((name) => ({
  find: new RegExp(`^${name}(/.*)?$`),
  replacement: `${here('tests/react18/node_modules')}/${name}$1`,
}));

/* As build.mjs has it for the entry of most. A value for each project, for vitest takes out of it what it has read. */
const define = () => ({ IS_SLIM: 'false' });

/* Ends what hangs. It judges no speed: one test runs a compiler, on machines that have other things to do. */
const testTimeout = 60_000;

export default defineConfig({
  test: {
    projects: [
      { define: define(), resolve: { alias: fakes }, test: { name: 'package', testTimeout, include: ['tests/**/*.test.{ts,tsx}'] } },
      {
        define: define(),
        resolve: { alias: [...fakes, ...older] },
        test: { name: 'React 18', testTimeout, include: ['tests/{react,ssr}.test.tsx'], env: { REACT_MAJOR: '18' } },
      },
    ],
  },
});
