// Where the tests lie and what counts as covered. Timings are no business of tests: see `npm run bench`.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 90_000,
    hookTimeout: 240_000,
    projects: [
      {
        // Three on two cores: half of their time they wait for what takes its time by design.
        extends: true,
        test: { name: 'parts', include: ['test/**/*.test.ts'], exclude: ['test/flow/**'], maxWorkers: 3, sequence: { groupOrder: 0 } },
      },
      {
        // Whole canteens whose video runs in real time: with other tests beside it, it would falter, and that is a gap.
        extends: true,
        test: { name: 'flow', include: ['test/flow/**/*.test.ts'], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['gateway/**/*.ts', 'server/**/*.ts', 'config/**/*.ts'],
      reporter: ['text-summary'],
    },
  },
});
