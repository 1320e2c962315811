import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import type { Consumers } from '../src/consumers/contract.ts'
import { queueOf } from './support/queue-of.ts'
import { countRows, pendingDeliveries } from './support/rows.ts'
import { test } from './support/test.ts'
import { startWorker } from './support/test-worker.ts'
import { writeGoals } from './support/writer.ts'

test('each effect commits once when two workers get the same events', async ({ installation }) => {
  const { pool } = installation
  const events = await writeGoals(installation, 60)
  await pool.query('create table effects (event_id uuid)')
  // The table has no unique key. Only the claim keeps an effect from being written twice.
  const consumers: Partial<Consumers> = {
    'audit-log': {
      kind: 'transactional',
      async run(tx, claimed) {
        const ids = claimed.map((event) => event.id)
        await tx.query('insert into effects select unnest($1::uuid[])', [ids])
      },
    },
  }
  const queue = queueOf(installation, 'audit-log')
  const overlapping = Array.from({ length: 12 }, (_, i) => ({
    name: 'many',
    data: { events: events.slice(i * 4, i * 4 + 16) },
  }))
  await queue.addBulk(overlapping)
  startWorker(installation, { serve: ['audit-log'], consumers })
  startWorker(installation, { serve: ['audit-log'], consumers })
  await until(async () => (await pendingDeliveries(pool))['audit-log'] === undefined)
  await until(async () => (await queue.getJobCountByTypes('completed')) === 12)
  expect(await countRows(pool, 'effects')).toBe(60)
  expect(await countRows(pool, '(select distinct event_id from effects) e')).toBe(60)
})

test('a worker serves only the consumers that it is configured for', async ({ installation, write }) => {
  startWorker(installation, { serve: ['audit-log', 'sync'] })
  installation.dispatcher.dispatch((await write.goal()).events)
  await until(async () => expect(await pendingDeliveries(installation.pool)).toEqual({ 'cache-invalidation': 1 }))
})
