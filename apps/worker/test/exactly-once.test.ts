import { until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import type { Consumers } from '../src/consumers/types.ts'
import {
  countRows,
  createInstallation,
  createWriter,
  pendingDeliveries,
  queueOf,
  startWorker,
  writeGoals,
} from './harness.ts'

test('workers that race for the same events commit each effect once', async () => {
  const on = await createInstallation()
  const events = await writeGoals(on, 60)
  await on.pool.query('create table effects (event_id uuid)')
  // No key guards this effect: only the claim does.
  const consumers: Partial<Consumers> = {
    'audit-log': {
      kind: 'transactional',
      async run(tx, _deps, claimed) {
        const ids = claimed.map((event) => event.id)
        await tx.query('insert into effects select unnest($1::uuid[])', [ids])
      },
    },
  }
  const queue = queueOf(on, 'audit-log')
  const overlapping = Array.from({ length: 12 }, (_, i) => ({
    name: 'many',
    data: { events: events.slice(i * 4, i * 4 + 16) },
  }))
  await queue.addBulk(overlapping)
  startWorker(on, { serve: ['audit-log'], consumers })
  startWorker(on, { serve: ['audit-log'], consumers })
  await until(async () => (await pendingDeliveries(on.pool))['audit-log'] === undefined)
  await until(async () => (await queue.getJobCountByTypes('completed')) === 12)
  expect(await countRows(on.pool, 'effects')).toBe(60)
  expect(await countRows(on.pool, '(select distinct event_id from effects) e')).toBe(60)
})

test('a worker serves the consumers that it is told to, and no other', async () => {
  const on = await createInstallation()
  startWorker(on, { serve: ['audit-log', 'sync'] })
  on.dispatcher.dispatch((await createWriter(on.pool).goal()).events)
  await until(async () => expect(await pendingDeliveries(on.pool)).toEqual({ 'cache-invalidation': 1 }))
})
