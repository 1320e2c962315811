import { randomUUID } from 'node:crypto'
import { freshDatabase } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished, test } from 'vitest'
import { loadPauses, setPause } from '../src/delivery/consumer-pauses.ts'
import { createDatabase } from '../src/engine/client.ts'
import { loadRunningProcesses, processRecord, recordBeat, removeProcess } from '../src/processes/processes.ts'

const facts = (role = 'worker', consumers: string[] = ['sync']) => ({
  ...{ id: randomUUID(), role, consumers, version: '1.2.3', host: 'a-host', pid: 7, poolSize: 10 },
  startedAtMs: Date.parse('2026-01-02T03:04:05Z'),
})

async function openPool() {
  const { url } = await freshDatabase()
  const { pool, close } = createDatabase({ url, poolSize: 2, name: 'test', onError: () => undefined })
  onTestFinished(close)
  return pool
}

test('a process is listed from its first beat until it is removed or has not beaten for 30 s', async () => {
  const pool = await openPool()
  const [worker, api] = [facts(), facts('api', [])]
  for (const each of [worker, api, worker]) await recordBeat(pool, each)
  const { startedAtMs: _, ...row } = worker
  const found = await loadRunningProcesses(pool)
  expect(found.map(({ role }) => role)).toEqual(['api', 'worker'])
  expect(found[1]).toMatchObject({ ...row, startedAt: '2026-01-02T03:04:05.000Z' })
  await removeProcess(pool, api.id)
  await pool.query(`update processes set beat_at = now() - interval '31 seconds'`)
  expect(await loadRunningProcesses(pool)).toEqual([])
  await recordBeat(pool, worker)
  expect(await loadRunningProcesses(pool)).toHaveLength(1)
})

test('the processes of one role are listed from the oldest to the newest', async () => {
  const pool = await openPool()
  const idOf = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`
  for (const [id, startedAtMs] of [
    [1, 3_000],
    [2, 1_000],
    [3, 2_000],
  ] as const)
    await recordBeat(pool, { ...facts(), id: idOf(id), startedAtMs })
  expect((await loadRunningProcesses(pool)).map(({ id }) => id)).toEqual([2, 3, 1].map(idOf))
})

test('the record of a process exists from its first beat to its end', async () => {
  const pool = await openPool()
  const { role, consumers, poolSize, ...identity } = facts()
  const record = processRecord(pool, { role, consumers, poolSize })
  await record.beat(identity)
  expect(await loadRunningProcesses(pool)).toMatchObject([{ id: identity.id, role, consumers, poolSize }])
  await record.end(identity)
  expect(await loadRunningProcesses(pool)).toEqual([])
})

test('a beat deletes the rows of processes that died long ago, and no row of its own', async () => {
  const pool = await openPool()
  const [mine, dead, recent] = [facts(), facts(), facts()]
  for (const each of [mine, dead, recent]) await recordBeat(pool, each)
  await pool.query(`update processes set beat_at = now() - interval '11 minutes' where id <> $1`, [recent.id])
  await recordBeat(pool, mine)
  const { rows } = await pool.query('select id from processes')
  expect(rows.map(({ id }) => id).sort()).toEqual([mine.id, recent.id].sort())
})

test('a beat records how far the clock of the process is ahead', async () => {
  const pool = await openPool()
  await recordBeat(pool, facts(), Date.now() + 300_000)
  const [found] = await loadRunningProcesses(pool)
  expect(Math.round((found?.clockAheadMs ?? 0) / 60_000)).toBe(5)
})

test('a repeated pause keeps its reason and its time', async () => {
  const pool = await openPool()
  expect(await loadPauses(pool, ['sync'])).toEqual([])
  const pause = { consumer: 'sync', isPaused: true, actor: 'ada', reason: 'the receiver moves' } as const
  const first = await setPause(pool, pause)
  expect(first).toMatchObject({ ...pause, changed: true })
  expect(await setPause(pool, { ...pause, reason: 'another' })).toEqual({ ...first, changed: false })
  const resumed = await setPause(pool, { ...pause, isPaused: false, reason: 'it has moved' })
  expect(resumed).toMatchObject({ isPaused: false, reason: 'it has moved', changed: true })
  expect(await loadPauses(pool, ['audit-log'])).toEqual([])
})
