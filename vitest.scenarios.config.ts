import { defineConfig } from 'vitest/config'

/** The long tests, which drive real processes through a whole scenario: `npm run test:scenarios`. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['{apps,packages}/*/test/scenarios/**/*.test.ts'],
    globalSetup: './vitest.setup.ts',
    testTimeout: 600_000,
    hookTimeout: 600_000,
    maxWorkers: 2,
    execArgv: ['--import', './packages/devstack/src/processes/loader-hook.ts'],
  },
})
