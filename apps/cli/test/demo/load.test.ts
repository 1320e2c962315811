import { randomUUID } from 'node:crypto'
import { digestTables, expectInvariants } from '@goals-tasks/db/testing'
import { expect } from 'vitest'
import { readFigures } from '../../src/demo/figures.ts'
import { loadGoals } from '../../src/demo/load.ts'
import { countWrites } from '../../src/demo/steps.ts'
import { expireIdempotencyKeys, readLoaded, sampleOf, test } from '../support/demo.ts'

const admin = { sub: randomUUID(), scope: 'goals:write tasks:write admin' }
const ada = { sub: '00000000-0000-4000-8000-000000000001', scope: 'goals:write tasks:write' }

test('a load moves every goal and task of the sample to its status and removes its loading flag', async ({
  service,
}) => {
  let writes = 0
  const goals = sampleOf('whole')
  const client = service.connect(() => {
    writes += 1
  })
  const { tasks, edges } = await loadGoals(client, goals, 8)
  expect(writes).toBe(countWrites(goals))
  const loaded = await readLoaded(service, 'whole')
  expect(loaded).toHaveLength(goals.length + tasks.length)
  expect(loaded.flatMap((row) => row.dependencies)).toHaveLength(edges.length)
  const rowOf = (ref: string) => loaded.find((row) => row.ref === ref)
  expect(rowOf('watch')).toMatchObject({ status: 'CANCELLED', rest: { createdOn: '2026-08-17' } })
  expect(rowOf('watch-faces')).toMatchObject({ status: 'TODO', rest: {} })
  expect(rowOf('launch-press')).toMatchObject({ status: 'BLOCKED', block: 'DEPENDENCY from IN_PROGRESS' })
  expect(rowOf('beta-battery')).toMatchObject({ status: 'BLOCKED', block: 'MANUAL from TODO' })
  expect(rowOf('launch-newsletter')).toMatchObject({ status: 'COMPLETED' })
  await expectInvariants(service.pool)
})

test('a second load changes nothing when users have changed the goals and the idempotency keys are gone', async ({
  service,
}) => {
  const { goalIds, tasks } = await service.load('twice')
  await expireIdempotencyKeys(service)
  await service.send(ada, 'DELETE', `/v1/goals/${goalIds[0]}`)
  await service.send(ada, 'POST', `/v1/goals/${goalIds[1]}/reopen`)
  await service.send(admin, 'DELETE', `/v1/tasks/${tasks.at(-1)?.id}`)
  const before = await digestTables(service.pool)
  let writes = 0
  const client = service.connect(() => {
    writes += 1
  })
  expect(await service.load('twice', client)).toMatchObject({ goalsLeftAsTheyAre: 9, tasks: [], edges: [] })
  expect(writes).toBe(0)
  expect(await digestTables(service.pool)).toEqual(before)
})

test('concurrent loads of a file create what one load creates', async ({ service }) => {
  await service.load('alone')
  await Promise.all([service.load('both'), service.load('both'), service.load('both')])
  expect(await readLoaded(service, 'both')).toEqual(await readLoaded(service, 'alone'))
})

test('a failed request is reported with its code and its trace id', async ({ service }) => {
  const request = service.connect()(randomUUID(), 'POST', '/v1/goals', { body: { title: '' } })
  await expect(request).rejects.toThrow(/POST \/v1\/goals was answered \d+: .*\(.*, trace .*\)/)
})

test('every lost row is counted as a fault', async ({ service }) => {
  const { pool } = service
  const loaded = await service.load('lossy')
  const { goals, tasks } = (await readFigures(pool, loaded)).there
  await pool.query('delete from task_dependencies where task_id = $1', [loaded.edges[0]?.taskId])
  await pool.query(`update tasks set status = 'IN_PROGRESS', completed_at = null where id = $1`, [loaded.tasks[0]?.id])
  await pool.query(
    `insert into dead_letters (consumer, event_id, event, attempts, replays, error)
     select 'sync', id, '{}', 1, 0, 'broke' from events where aggregate_id = $1 limit 1`,
    [loaded.goalIds[0]],
  )
  const { faults } = await readFigures(pool, { ...loaded, goalIds: [...loaded.goalIds, randomUUID()] })
  // No worker runs, so no event has taken effect.
  expect(faults).toEqual({
    ...{ missing: 2, otherStates: 1, deadLetters: 1, unfaithfulAudits: goals + tasks },
    deliveriesLeft: expect.toSatisfy((left: number) => left > goals + tasks),
  })
})
