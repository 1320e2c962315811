import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import type { Component } from './licenses.ts'

const root = resolve(import.meta.dirname, '..')
const read = (path: string) => readFileSync(resolve(root, path), 'utf8')
const workspace = parse(read('pnpm-workspace.yaml'))
const workflow = '.github/workflows/ci.yml'

test('a version of a dependency is a day old before it is installed', () => {
  expect(workspace.minimumReleaseAge).toBeGreaterThanOrEqual(24 * 60)
})

test('each build script of a dependency is allowed or refused by its name', () => {
  const { allowBuilds, strictDepBuilds, dangerouslyAllowAllBuilds = false } = workspace
  expect([strictDepBuilds, dangerouslyAllowAllBuilds]).toEqual([true, false])
  expect(Object.keys(allowBuilds)).not.toEqual([])
  for (const [name, isAllowed] of Object.entries(allowBuilds)) {
    expect(name).toMatch(/^(@[\w.-]+\/)?[\w.-]+$/)
    expect(isAllowed, name).toBeTypeOf('boolean')
  }
})

test.for([workflow, 'deploy/Dockerfile'])('%s installs what the lock file names', (path) => {
  const commands = read(path)
    .replaceAll(/\\\n\s*/g, '')
    .split(/\n|&&|;/)
  const installs = commands.filter((line) => /\bp?npm(@\S+)?( -\S+)* (install|i|ci|add)\b/.test(line))
  expect(installs).not.toEqual([])
  for (const install of installs) expect(install).toMatch(/ --frozen-lockfile( |$)/)
})

test('the workflow fails when a dependency has a known vulnerability', () => {
  const jobs: { steps: { run?: string }[] }[] = Object.values(parse(read(workflow)).jobs)
  const audits = jobs.flatMap((job) =>
    job.steps.filter(({ run = '' }) => /\bpnpm(@\S+)? audit\b/.test(run)).map((step) => ({ step, job })),
  )
  expect(audits).toHaveLength(1)
  expect(audits[0]?.step.run).toMatch(/ audit --prod --audit-level (low|moderate|high)$/)
  for (const part of Object.values(audits[0] ?? {})) {
    expect(part).not.toHaveProperty('if')
    expect(part).not.toHaveProperty('continue-on-error')
  }
})

type Importers = Record<string, { dependencies?: Record<string, { version: string }> }>

/** Returns the production dependencies of our packages as `name@version` of the lock file. */
function lockedDependencies(): string[] {
  const { importers } = parse(read('pnpm-lock.yaml')) as { importers: Importers }
  const locked = Object.values(importers).flatMap(({ dependencies = {} }) =>
    Object.entries(dependencies).map(([name, { version }]) => `${name}@${version.replace(/\(.*/, '')}`),
  )
  return [...new Set(locked)].filter((each) => !each.includes('@link:'))
}

test('npm run sbom writes a CycloneDX document that has each direct dependency with its locked version', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sbom-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'sbom.cdx.json')
  await promisify(execFile)('npm', ['run', 'sbom', '--', file], { cwd: root })
  const { components, ...document } = JSON.parse(await readFile(file, 'utf8'))
  expect(document).toMatchObject({
    ...{ bomFormat: 'CycloneDX', specVersion: expect.stringMatching(/^1\.\d$/), version: 1 },
    serialNumber: expect.stringMatching(/^urn:uuid:[\da-f-]{36}$/),
    metadata: { component: { type: 'application', name: 'goals-tasks' } },
  })
  const listed = (components as Component[]).map(
    ({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version}`,
  )
  const direct = lockedDependencies()
  for (const name of ['fastify', 'bullmq']) expect(direct).toContainEqual(expect.stringMatching(`^${name}@\\d`))
  expect(listed).toEqual(expect.arrayContaining(direct))
})
