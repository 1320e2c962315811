import { existsSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import getPort, { portNumbers } from 'get-port'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commandOf } from './process-table.ts'
import { dataDir } from './repository.ts'
import type { Stack } from './start/stack-file.ts'
import { type Program, startProcess, until } from './testing.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'))
  // The Redis program is shared, as it would be fetched again for every new data folder.
  const unpacked = join(dataDir(), 'redis-bin')
  if (existsSync(unpacked)) await cp(unpacked, join(folder, 'redis-bin'), { recursive: true, verbatimSymlinks: true })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Ports of its own: whoever runs `start` beside the tests keeps theirs. */
const port = String(await getPort({ port: portNumbers(20_000 + (process.pid % 90) * 100, 29_500) }))
const launch = (env: Record<string, string> = {}, args: string[] = []) =>
  startProcess('packages/devstack/start.js', { NODE_ENV: '', DATA_DIR: folder, PORT: port, ...env }, args)
const ready = (start: Program) =>
  start.waitForLog((line) => line.msg === 'ready' && 'apiUrl' in line, { timeoutMs: 60_000 })
const readStack = async (): Promise<Stack> => JSON.parse(await readFile(join(folder, 'stack.json'), 'utf8'))

async function serverPids(): Promise<number[]> {
  const files = [join(folder, 'pg/postmaster.pid'), join(folder, 'redis/redis.pid')]
  return Promise.all(files.map(async (file) => Number.parseInt(await readFile(file, 'utf8'), 10)))
}
const alive = (pids: number[]) => pids.filter((pid) => commandOf(pid) !== undefined)

test('start brings everything up, survives the death of a process, stops cleanly and keeps the data', {
  timeout: 120_000,
}, async () => {
  const first = launch()
  const access = await ready(first)
  const authorization = `Bearer ${access.token}`
  const created = await fetch(`${access.apiUrl}/v1/goals`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'Learn to sail' }),
  })
  expect(created.status).toBe(201)
  const location = created.headers.get('location')
  expect((await stat(join(folder, 'stack.json'))).mode & 0o777).toBe(0o600)
  expect((await stat(join(folder, 'auth-secret'))).mode & 0o777).toBe(0o600)

  const second = launch()
  expect((await second.exit).code).toBe(1)
  expect(second.stdout()).toContain(`already running as pid ${first.pid}`)

  const { processes, probes } = await readStack()
  process.kill(Number(processes.worker), 'SIGKILL')
  await first.waitForLog((line) => line.msg?.startsWith('worker ended (SIGKILL)') === true)
  await until(async () => (await readStack()).processes.worker !== processes.worker)
  await until(async () => (await fetch(String(probes.worker))).ok)

  const pids = [...Object.values((await readStack()).processes), ...(await serverPids())]
  first.kill('SIGINT')
  expect(await first.exit).toEqual({ code: 0, signal: null })
  expect(alive(pids)).toEqual([])
  expect(await readdir(folder)).not.toContain('stack.json')

  const third = launch()
  const again = await ready(third)
  const found = await fetch(`${again.apiUrl}${location}`, { headers: { authorization } })
  expect(await found.json()).toMatchObject({ title: 'Learn to sail' })

  const orphans = [...Object.values((await readStack()).processes), ...(await serverPids())]
  third.kill('SIGKILL')
  await until(() => alive(orphans).length === 0, {
    describe: () => `nothing outlives start: ${alive(orphans).map(commandOf)}`,
  })
})

test('start --demo loads the sample, which the printed token sees; another word is refused', {
  timeout: 120_000,
}, async () => {
  const start = launch({}, ['', '--demo'])
  const { apiUrl, token } = await ready(start)
  const headers = { authorization: `Bearer ${token}` }
  const goals = await fetch(`${apiUrl}/v1/goals?category=marketing`, { headers })
  expect(await goals.json()).toMatchObject({ data: [{ title: 'Launch on the first day of the boat show' }] })
  expect(start.stdout()).toContain('there is one audit row for each version')
  start.kill('SIGINT')
  expect(await start.exit).toEqual({ code: 0, signal: null })

  const mistaken = launch({}, ['', '--dmeo'])
  expect((await mistaken.exit).code).toBe(1)
  expect(mistaken.stdout()).toContain('--dmeo')
})

test('a program that is misconfigured fails the start with its own words, and nothing stays behind', {
  timeout: 60_000,
}, async () => {
  const start = launch({ WORKER_CONSUMERS: 'no-such-consumer', OPS_READY_URLS: 'nowhere', LOG_LEVEL: 'loud' })
  expect((await start.exit).code).toBe(1)
  for (const problem of ['worker: ', 'no-such-consumer', 'ops: ', 'OPS_READY_URLS', 'LOG_LEVEL'])
    expect(start.stdout()).toContain(problem)
  expect(start.stdout()).not.toContain('Postgres')
  expect(await readdir(folder)).not.toContain('start.pid')
  expect(existsSync(join(folder, 'pg/postmaster.pid'))).toBe(false)
})

test('variables may come from a file, and what the environment says wins', { timeout: 60_000 }, async () => {
  const file = join(folder, 'env')
  await writeFile(file, 'WORKER_CONSUMERS=from-the-file\nLOG_LEVEL=from-the-file\n')
  const start = launch({ LOG_LEVEL: 'info' }, [file])
  expect((await start.exit).code).toBe(1)
  expect(start.stdout()).toContain('WORKER_CONSUMERS names no consumer: from-the-file')
  expect(start.stdout()).not.toContain('LOG_LEVEL')
})

test('what fails only once it runs fails the start as well, and nothing stays behind', {
  timeout: 60_000,
}, async () => {
  // The address of documentation: nobody has it.
  const start = launch({ HOST: '192.0.2.1' })
  expect((await start.exit).code).toBe(1)
  expect(start.stdout()).toContain('192.0.2.1')
  expect(await readdir(folder)).not.toContain('start.pid')
  expect(existsSync(join(folder, 'pg/postmaster.pid'))).toBe(false)
})
