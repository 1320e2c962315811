import { migrate } from '@goals-tasks/db'
import { ownPostgres, ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { type Cell, openCell } from '../support/processes/cell.ts'
import { expectedOutcome } from '../support/processes/expected-outcome.ts'
import { manageUsers } from '../support/processes/redis-users.ts'

/** Two cells on one Postgres and one Redis. Each user of Redis and each role may reach nothing of the other cell. */
async function openCells() {
  const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
  const users = manageUsers(redis.url)
  const [north, south] = await Promise.all(['north', 'south'].map((name) => openCell(name, { postgres, redis, users })))
  if (!north || !south) throw new Error('a cell is missing')
  return { north, south, users }
}

async function expectOwnRows({ processes, loads }: Cell): Promise<void> {
  expect(await processes.count('goals')).toBe(loads() * expectedOutcome.inFile.goals)
  expect(await processes.count('events')).toBe(loads() * expectedOutcome.events)
  expect(await processes.count('dead_letters')).toBe(0)
}

/** Bull Board shows jobs, and each of them has events of the cell's own database. */
async function expectOwnBoard({ processes, eventsOnBoard }: Cell): Promise<void> {
  for (const consumer of ['audit-log', 'notifications']) {
    const ids = await eventsOnBoard(consumer)
    expect(ids.length).toBeGreaterThan(0)
    const { rows } = await processes.pool.query('select count(*)::int as own from events where id = any($1)', [ids])
    expect(rows[0].own).toBe(new Set(ids).size)
  }
}

test('two cells on one Postgres and one Redis never touch each other when both are under load', async () => {
  const { north, south, users } = await openCells()
  const loading = [north.load(), south.load(), north.load(), south.load(), south.load()]
  for (const outcome of await Promise.all(loading)) expect(outcome).toMatchObject(expectedOutcome)
  for (const cell of [north, south]) {
    await expectOwnRows(cell)
    await expectOwnBoard(cell)
  }
  // Redis logs every command, key and channel that it refuses to a user.
  expect(await users.refusals()).toEqual([])
  const keys = await users.admin.keys('*')
  for (const prefix of ['{north:', 'north:', '{south:', 'south:'])
    expect(keys.filter((key) => key.startsWith(prefix)).length, prefix).toBeGreaterThan(0)
  expect(keys.filter((key) => !/^\{?(north|south):/.test(key))).toEqual([])
  expect((await users.admin.pubsub('CHANNELS')).toSorted()).toEqual(['north:feed', 'south:feed'])

  // One cell stands still: a consumer is paused, and every lock is taken.
  expect((await south.processes.runCommand('pause', 'audit-log', '--reason', 'a test', '--by', 'ada')).code).toBe(0)
  await south.worker.waitForLog((line) => line.msg === 'the consumer is paused')
  const held = south.load()
  await until(async () => ((await south.processes.pending())['audit-log'] ?? 0) > 20)
  const release = await south.lockAll()
  expect(await north.load()).toMatchObject(expectedOutcome)
  expect(await migrate(north.database.url)).toMatchObject({ applied: [] })
  await expectOwnRows(north)
  expect(await north.metric('gt_queue_paused')).not.toContain('gt_queue_paused{consumer="audit-log"} 1')
  expect(await south.metric('gt_queue_paused')).toContain('gt_queue_paused{consumer="audit-log"} 1')
  expect(await north.metric('gt_pending_deliveries')).toContain('gt_pending_deliveries{consumer="audit-log"} 0')
  expect(await south.metric('gt_pending_deliveries')).not.toContain('gt_pending_deliveries{consumer="audit-log"} 0')
  const { document } = await north.processes.runCommand('status')
  expect(document).toMatchObject({ healthy: true, totals: { pendingDeliveries: 0 } })
  expect((document.consumers as { workers: number }[]).map(({ workers }) => workers)).toEqual([1, 1, 1, 1, 1])

  await release()
  expect((await south.processes.runCommand('resume', 'audit-log', '--reason', 'a test', '--by', 'ada')).code).toBe(0)
  expect(await held).toMatchObject(expectedOutcome)
  await expectOwnRows(south)
  expect(await users.refusals()).toEqual([])
})
