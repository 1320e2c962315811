import { defineConfig } from 'vitest/config'

/** The tests of `deploy/`, which build the bundle and render the manifests: `npm run test:deploy`. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['deploy/test/**/*.test.ts'],
    globalSetup: './vitest.setup.ts',
    testTimeout: 600_000,
    hookTimeout: 600_000,
    maxWorkers: 2,
    execArgv: ['--import', './packages/devstack/src/processes/loader-hook.ts'],
  },
})
