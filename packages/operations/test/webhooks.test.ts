import { randomUUID } from 'node:crypto'
import {
  createCommit,
  finishDeliveries,
  finishWebhookDeliveries,
  moveToDeadLetters,
  recordFailure,
  setInstallationWebhook,
  setPause,
  type WebhookAttempt,
} from '@goals-tasks/db'
import { committedOf } from '@goals-tasks/db/testing'
import { newGoal } from '@goals-tasks/events/testing'
import { expect } from 'vitest'
import { createDeliveryLook } from '../src/status/deliveries.ts'
import { countWebhooks } from '../src/status/webhooks.ts'
import { loadTrace } from '../src/trace/load-trace.ts'
import { loadWebhookForOperators } from '../src/webhooks/load-webhook.ts'
import { type Operations, operationsTest as test } from './support/operations.ts'

test.beforeEach(async ({ operations }) => {
  await operations.pool.query('truncate deliveries, dead_letters, events')
})

/** Inserts webhooks of one user at these hosts. @returns the user and the ids of the webhooks */
async function insertWebhooks({ pool }: Operations, hosts: readonly string[]) {
  const ownerId = randomUUID()
  const { rows } = await pool.query(
    `insert into webhooks (owner_id, url, secret)
     select $1, 'https://' || host || '/hook', '' from unnest($2::text[]) host
     returning id`,
    [ownerId, hosts],
  )
  return { ownerId, ids: rows.map(({ id }) => id as string) }
}

async function createGoalOf({ pool }: Operations, userId: string) {
  const metadata = { types: ['goal:created'], actorId: userId } as const
  const commit = createCommit(pool, () => undefined)
  const { events } = committedOf(await commit.createGoal({ values: newGoal({ userId }), metadata }))
  return events[0]?.id ?? ''
}

test('an event is traced to each webhook of its readers', async ({ operations }) => {
  const { pool } = operations
  const { ownerId, ids } = await insertWebhooks(operations, ['waits.example', 'got.example:444', 'dead.example'])
  const [waits = '', got = '', dead = ''] = ids
  const eventId = await createGoalOf(operations, ownerId)
  const attempt: WebhookAttempt = {
    ...{ eventId, eventType: 'goal:created', attemptedAt: new Date(), status: 200, durationMs: 5 },
    ...{ error: null, response: null, outcome: 'delivered', isReplay: false },
  }
  await finishWebhookDeliveries(pool, { webhookId: got, target: got, finished: [eventId], attempts: [attempt] })
  await moveToDeadLetters(pool, { consumer: 'sync', eventId, target: dead, error: 'it broke' })
  const traces = (await loadTrace(operations, eventId, 1))?.events[0]?.consumers ?? []
  const atWebhooks = traces.filter(({ webhook }) => webhook !== undefined)
  expect(atWebhooks).toHaveLength(3)
  expect(atWebhooks).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ webhook: { id: waits, host: 'waits.example' }, state: 'pending', attempts: 0 }),
      expect.objectContaining({ webhook: { id: got, host: 'got.example:444' }, state: 'done' }),
      expect.objectContaining({ webhook: { id: dead, host: 'dead.example' }, state: 'dead', error: 'it broke' }),
    ]),
  )
  expect(traces.filter(({ consumer, webhook }) => consumer === 'sync' && !webhook)).toMatchObject([
    { state: 'pending' },
  ])
})

test('a webhook that fails ages no event of the status', async ({ operations }) => {
  const { pool } = operations
  const { ownerId, ids } = await insertWebhooks(operations, ['fails.example', 'suspended.example'])
  const [fails = '', suspended = ''] = ids
  const eventId = await createGoalOf(operations, ownerId)
  await pool.query(`delete from deliveries where target = ''`)
  const status = async () => (await createDeliveryLook()(pool)).find(({ consumer }) => consumer === 'sync')
  expect(await status()).toMatchObject({ oldestPendingSeconds: expect.any(Number) })
  const failure = { consumer: 'sync', eventId, error: 'it broke' } as const
  await recordFailure(pool, { ...failure, target: fails, delaysMs: [1], leaseMs: 1 })
  await pool.query(`update webhooks set health = 'suspended' where id = $1`, [suspended])
  expect(await status()).toMatchObject({ oldestPendingSeconds: null, pendingDeliveries: 2, lastError: null })
  await moveToDeadLetters(pool, { ...failure, target: fails })
  expect(await status()).toMatchObject({ pendingDeliveries: 1, deadLetters: 0, lastError: null })
})

test('a paused webhook ages no event of the status, and each trace says who paused it', async ({ operations }) => {
  const { pool } = operations
  await pool.query('delete from webhooks')
  const { ownerId, ids } = await insertWebhooks(operations, ['paused.example', 'fine.example'])
  const [paused = '', fine = ''] = ids
  const cause = { actor: 'ada', reason: 'its receiver moves' }
  await setPause(pool, { consumer: `sync/${paused}`, isPaused: true, ...cause })
  const eventId = await createGoalOf(operations, ownerId)
  const sync = async () => (await createDeliveryLook()(pool)).find(({ consumer }) => consumer === 'sync')
  expect((await sync())?.oldestPendingSecondsByWebhook).toEqual({
    paused: expect.any(Number),
    healthy: expect.any(Number),
  })
  await finishDeliveries(pool, 'sync', [eventId], fine)
  await finishDeliveries(pool, 'sync', [eventId])
  expect(await sync()).toMatchObject({
    oldestPendingSeconds: null,
    oldestPendingSecondsByWebhook: { paused: expect.any(Number) },
    pendingDeliveries: 1,
  })
  const traces = (await loadTrace(operations, eventId, 1))?.events[0]?.consumers ?? []
  expect(traces.find(({ webhook }) => webhook?.id === paused)?.webhook).toEqual({
    ...{ id: paused, host: 'paused.example' },
    pause: { ...cause, since: expect.stringMatching(/Z$/) },
  })
  const { live } = (await loadWebhookForOperators(pool, paused)) ?? {}
  expect(live).toMatchObject({ ownerId, pendingDeliveries: 1, pause: cause })
})

test('the webhooks of users are counted by health', async ({ operations }) => {
  const { pool } = operations
  await pool.query('delete from webhooks')
  const { ids } = await insertWebhooks(operations, ['a.example', 'b.example', 'c.example'])
  await setInstallationWebhook(pool, 'https://all.example/')
  await pool.query(`update webhooks set health = 'suspended' where id = $1`, [ids[0]])
  expect(await countWebhooks(pool)).toEqual({ healthy: 2, degraded: 0, suspended: 1, disabled: 0 })
})
