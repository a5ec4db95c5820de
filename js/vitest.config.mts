import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  cacheDir: fileURLToPath(new URL('../node_modules/.vite', import.meta.url)),
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'happy-dom',
  },
  resolve: {
    // bqplot's front end comes from the page at run time; the tests bring a stub of what we use.
    alias: { bqplot: fileURLToPath(new URL('./test/stub_bqplot.ts', import.meta.url)) },
  },
});
