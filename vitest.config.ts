// Where the tests lie and what counts as covered. Timings are no business of tests: see `npm run bench`.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 240_000,
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['gateway/**/*.ts', 'server/**/*.ts', 'config/**/*.ts'],
      reporter: ['text-summary'],
    },
  },
});
