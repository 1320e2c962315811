import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { fileFixture, freePort, freshDatabase, freshRedis, until } from '@goals-tasks/devstack/testing'
import { test as base, expect } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { buildBundle } from './support/bundle.ts'
import { asProcessOne, asUnprivileged, beside, descendantsOf, mayUnshare, tini } from './support/namespace.ts'
import { run } from './support/run.ts'

const test = base.extend('bundle', { scope: 'file' }, fileFixture(buildBundle)).extend('environment', async () => {
  const [{ url: databaseUrl }, redis] = [await freshDatabase(), freshRedis()]
  return {
    ...{ DATABASE_URL: databaseUrl, REDIS_URL: redis.url, QUEUE_PREFIX: redis.prefix, CACHE_PREFIX: redis.prefix },
    ...{ NODE_ENV: 'production', AUTH_JWT_SECRET: 'a-secret-for-tests-of-32-characters', HOST: '127.0.0.1' },
    ...{ PORT: '0', OPS_PORT: '0', PROBE_PORT: String(await freePort()) },
  }
})

const node = process.execPath
const userId = '00000000-0000-4000-8000-000000000001'

test('every process of the bundle serves from a folder that it cannot write to, and writes no file', async ({
  bundle,
  environment,
}) => {
  const before = await bundle.list()
  const start = async (role: string) => {
    const port = String(await freePort())
    const ports = { PORT: port, OPS_PORT: port, PROBE_PORT: String(await freePort()) }
    const env = { ...environment, ...ports, HOME: bundle.folder, TMPDIR: bundle.folder }
    const program = run([...(mayUnshare ? asProcessOne : []), node, bundle.program, role], { cwd: bundle.folder, env })
    await program.untilLogged('ready')
    return { program, url: `http://127.0.0.1:${port}`, env }
  }
  const [api, worker, ops] = await Promise.all(['api', 'worker', 'ops'].map(start))
  const cli = async (...args: string[]) => {
    // Root could write to the folder.
    const [command = '', ...rest] = [...asUnprivileged, node, bundle.program, ...args]
    const env = { PATH: process.env.PATH, ...worker?.env, ...environment }
    return (await promisify(execFile)(command, rest, { env })).stdout.trim()
  }

  expect(await cli('--version')).toBe(packageJson.version)
  expect(await cli('migrate')).toBe('the schema is up to date')
  const headers = {
    authorization: `Bearer ${await cli('token', '--sub', userId, '--scope', 'goals:read goals:write ops')}`,
  }
  const created = await fetch(`${api?.url}/v1/goals`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'Read-only' }),
  })
  expect(created.status).toBe(201)
  await until(() => worker?.program.output().includes('"done"'))
  const [script] = /\/docs\/scalar-\w+\.js/.exec(await text(`${api?.url}/docs`)) ?? []
  expect((await text(`${api?.url}${script}`)).length).toBeGreaterThan(1_000_000)
  expect(JSON.parse(await text(`${api?.url}/openapi.json`)).info.version).toBe(packageJson.version)
  const board = await text(`${ops?.url}/ops/queues`, headers)
  const [, asset] = /src="([^"]*static[^"]*\.js)"/.exec(board) ?? []
  expect((await text(new URL(asset ?? 'missing', `${ops?.url}/ops/queues/`).href, headers)).length).toBeGreaterThan(
    10_000,
  )
  expect(await bundle.list()).toEqual(before)
})

test('a process takes the compiled code from a folder that it cannot write to', async ({ bundle, environment }) => {
  const before = await bundle.list()
  const start = async (role: string) => {
    const ports = { PORT: '0', OPS_PORT: '0', PROBE_PORT: String(await freePort()) }
    const env = { ...environment, ...ports, NODE_DEBUG: 'goals-tasks' }
    const program = run([...asUnprivileged, node, bundle.program, role], { cwd: bundle.folder, env })
    await program.untilLogged('ready')
    return program.output()
  }
  const outputs = await Promise.all(['api', 'worker', 'ops'].map(start))
  for (const output of outputs) expect(output).toMatch(/the compiled code of \w+ was rejected: false/)
  expect(await bundle.list()).toEqual(before)
})

test('a process compiles its code when what was left is not for it', async ({ bundle, environment }) => {
  const env = { ...environment, NODE_DEBUG: 'goals-tasks' }
  // The flags of V8 are a part of what the code is for.
  const program = run([...asUnprivileged, node, '--no-opt', bundle.program, 'api'], { cwd: bundle.folder, env })
  await program.untilLogged('ready')
  expect(program.output()).toContain('the compiled code of api was rejected: true')
})

test('the CLI takes its compiled code', async ({ bundle }) => {
  const [command = '', ...rest] = [...asUnprivileged, node, bundle.program, 'health']
  const env = { PATH: process.env.PATH, PROBE_PORT: '1', NODE_DEBUG_NATIVE: 'COMPILE_CACHE' }
  const output = await promisify(execFile)(command, rest, { env }).catch(({ stdout, stderr }) => `${stdout}${stderr}`)
  const lines = String(output).split('\n')
  const read = lines.filter((line) => line.includes('reading cache from'))
  const accepted = lines.filter((line) => /code cache for ESM .* was accepted/.test(line))
  expect(read.length).toBeGreaterThan(3)
  expect(accepted).toHaveLength(read.length)
})

async function text(url: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(url, { headers })
  expect({ url, status: response.status }).toEqual({ url, status: 200 })
  return response.text()
}

const withoutNamespace = mayUnshare ? false : 'unshare may not make a namespace here'

test.for(['api', 'worker', 'ops'] as const)(
  '%s as process 1 ends in order when it gets SIGTERM, and starts no process of its own',
  async (role, { bundle, environment, skip }) => {
    if (withoutNamespace) return skip(withoutNamespace)
    const program = run([...asProcessOne, node, bundle.program, role], { cwd: bundle.folder, env: environment })
    await program.untilLogged('ready')
    const [main, ...others] = descendantsOf(program.pid)
    expect({ name: main?.name, others }).toEqual({ name: `gt-${role}`, others: [] })
    process.kill(main?.pid ?? 0, 'SIGTERM')
    expect(await program.exited).toEqual({ code: 0, signal: null })
    expect(program.logs().at(-1)).toMatchObject({ msg: 'stopped' })
  },
)

test('tini as process 1 forwards the signal, and no orphan stays a zombie', async ({ bundle, environment, skip }) => {
  if (withoutNamespace) return skip(withoutNamespace)
  if (!tini) return skip('tini is not installed')
  const command = [...asProcessOne, tini, '--', node, bundle.program, 'worker']
  const program = run(command, { cwd: bundle.folder, env: environment })
  await program.untilLogged('ready')
  const [init] = descendantsOf(program.pid)
  // A command that somebody runs in the container leaves a child behind, which process 1 inherits.
  const [nsenter = '', ...target] = beside(init?.pid ?? 0)
  await promisify(execFile)(nsenter, [...target, 'sh', '-c', '(exec sleep 0.2) & exit 0'])
  await until(() => descendantsOf(program.pid).every(({ name }) => name !== 'sleep'))
  expect(descendantsOf(program.pid).map(({ name, state }) => ({ name, isZombie: state === 'Z' }))).toEqual([
    { name: 'tini', isZombie: false },
    { name: 'gt-worker', isZombie: false },
  ])
  process.kill(init?.pid ?? 0, 'SIGTERM')
  // tini returns the code of its child.
  expect(await program.exited).toEqual({ code: 0, signal: null })
})
