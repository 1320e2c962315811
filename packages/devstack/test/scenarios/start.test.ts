import { existsSync } from 'node:fs'
import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { commandOf } from '../../src/processes/process-table.ts'
import { until } from '../../src/testing/index.ts'
import { alive, ready, test } from '../support/start.ts'

test('start runs everything, restarts a killed process, stops cleanly and keeps the data', async ({
  installation: { folder, launch, readStack, serverPids, tokenOf },
}) => {
  const first = launch()
  const access = await ready(first)
  const authorization = `Bearer ${await tokenOf(access)}`
  const created = await fetch(`${access.apiUrl}/v1/goals`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'Learn to sail' }),
  })
  expect(created.status).toBe(201)
  const location = created.headers.get('location')
  expect((await stat(join(folder, 'stack.json'))).mode & 0o777).toBe(0o600)
  expect((await stat(join(folder, 'auth-secret'))).mode & 0o777).toBe(0o600)
  expect((await stat(join(folder, 'secrets-key'))).mode & 0o777).toBe(0o600)

  expect(access.tokenCommand).toContain(`npm run token -- --sub ${access.userId}`)
  expect(first.stdout()).not.toMatch(/eyJ/)

  const second = launch()
  expect((await second.exit).code).toBe(1)
  expect(second.stdout()).toContain(`already running as pid ${first.pid}`)

  const { processes, probes } = readStack()
  process.kill(Number(processes.worker), 'SIGKILL')
  await first.waitForLog((line) => line.msg?.startsWith('worker ended (SIGKILL)') === true)
  await until(() => readStack().processes.worker !== processes.worker)
  await until(async () => (await fetch(String(probes.worker))).ok)

  const pids = [...Object.values(readStack().processes), ...(await serverPids())]
  first.kill('SIGINT')
  expect(await first.exit).toEqual({ code: 0, signal: null })
  expect(alive(pids)).toEqual([])
  expect(await readdir(folder)).not.toContain('stack.json')

  const third = launch()
  const again = await ready(third)
  const found = await fetch(`${again.apiUrl}${location}`, { headers: { authorization } })
  expect(await found.json()).toMatchObject({ title: 'Learn to sail' })

  const orphans = [...Object.values(readStack().processes), ...(await serverPids())]
  third.kill('SIGKILL')
  await until(() => alive(orphans).length === 0, {
    describe: () => `nothing outlives start: ${alive(orphans).map(commandOf)}`,
  })
})

test('start --demo loads the sample for the user of its log line, and an unknown option is refused', async ({
  installation: { launch, tokenOf },
}) => {
  const start = launch({}, ['', '--demo'])
  const access = await ready(start)
  const headers = { authorization: `Bearer ${await tokenOf(access)}` }
  const goals = await fetch(`${access.apiUrl}/v1/goals?category=marketing`, { headers })
  expect(await goals.json()).toMatchObject({ data: [{ title: 'Launch on the first day of the boat show' }] })
  expect(start.stdout()).toContain('there is one audit row for each version')
  start.kill('SIGINT')
  expect(await start.exit).toEqual({ code: 0, signal: null })

  const mistaken = launch({}, ['', '--dmeo'])
  expect((await mistaken.exit).code).toBe(1)
  expect(mistaken.stdout()).toContain('--dmeo')
})

test('start fails with every problem and starts nothing when a program is misconfigured', async ({
  installation: { folder, launch },
}) => {
  const start = launch({ WORKER_CONSUMERS: 'no-such-consumer', OPS_READY_URLS: 'nowhere', LOG_LEVEL: 'loud' })
  expect((await start.exit).code).toBe(1)
  for (const problem of [
    'worker: ',
    'no-such-consumer',
    'ops: ',
    'OPS_READY_URLS',
    'The configuration has 3 problem(s)',
  ])
    expect(start.stdout()).toContain(problem)
  expect(start.stdout().split('LOG_LEVEL must be one of trace, debug')).toHaveLength(2)
  expect(start.stdout()).not.toContain('Postgres')
  expect(await readdir(folder)).not.toContain('start.pid')
  expect(existsSync(join(folder, 'pg/postmaster.pid'))).toBe(false)
})

test('start reads variables from a file, and shell variables override it', async ({
  installation: { folder, launch },
}) => {
  const file = join(folder, 'env')
  await writeFile(file, 'WORKER_CONSUMERS=from-the-file\nLOG_LEVEL=from-the-file\n')
  const start = launch({ LOG_LEVEL: 'info' }, [file])
  expect((await start.exit).code).toBe(1)
  expect(start.stdout()).toContain('WORKER_CONSUMERS names no consumer: from-the-file')
  expect(start.stdout()).not.toContain('LOG_LEVEL')
})

test('start fails and leaves nothing behind when a program ends before it is ready', async ({
  installation: { folder, launch },
}) => {
  // This address is reserved for documentation, so no machine has it.
  const start = launch({ HOST: '192.0.2.1' })
  expect((await start.exit).code).toBe(1)
  expect(start.stdout()).toContain('192.0.2.1')
  expect(await readdir(folder)).not.toContain('start.pid')
  expect(existsSync(join(folder, 'pg/postmaster.pid'))).toBe(false)
})

test.for(['::1', '::'])('start becomes ready when it listens on %s', async (HOST, { installation: { launch } }) => {
  const start = launch({ HOST })
  const { apiUrl } = await ready(start)
  expect(apiUrl).toMatch(/^http:\/\/\[::1\]:/)
  expect((await fetch(`${apiUrl}/docs`)).status).toBe(200)
  start.kill('SIGINT')
  expect(await start.exit).toEqual({ code: 0, signal: null })
})
