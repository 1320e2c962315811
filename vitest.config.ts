import { existsSync, readdirSync } from 'node:fs'
import { configDefaults, defineConfig } from 'vitest/config'
import { createFailedSoFar } from './vitest.failed-so-far.ts'

const packages = ['apps', 'packages'].flatMap((group) =>
  readdirSync(group).flatMap((name) => (existsSync(`${group}/${name}/package.json`) ? [`${group}/${name}`] : [])),
)

export default defineConfig({
  test: {
    globalSetup: './vitest.setup.ts',
    reporters: ['default', createFailedSoFar()],
    projects: [...packages, 'bench', 'checks', 'scripts'].map((root) => ({
      extends: true,
      root,
      test: {
        name: root.split('/').at(-1) ?? root,
        globalSetup: [],
        exclude: [...configDefaults.exclude, 'test/scenarios/**'],
      },
    })),
    // Only a test that hangs reaches these limits: a slow machine may take many times as long as a fast one.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Most tests wait for Postgres, Redis or one of our processes, which need a core as well.
    maxWorkers: 3,
    execArgv: ['--import', './packages/devstack/src/processes/loader-hook.ts'],
  },
})
