import { until } from '@goals-tasks/devstack/testing'
import { type CommittedEvent, type ConsumerName, consumerNames } from '@goals-tasks/events'
import type pg from 'pg'
import { expect, vi } from 'vitest'
import { createCacheDeliveries } from '../../src/cache-deliveries.ts'
import { createDeps } from '../../src/deps.ts'
import { test as base } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'

/** Returns the ids of the events whose delivery to the cache is left. */
async function pendingIn({ pool }: { pool: pg.Pool }): Promise<string[]> {
  const { rows } = await pool.query(`select event_id from deliveries where consumer = 'cache-invalidation'`)
  return rows.map((row) => row.event_id)
}

/** A dispatcher that records the consumers and the events that it is called with. */
function recordDispatched() {
  const dispatched: { consumers: ConsumerName[]; ids: string[] }[] = []
  const dispatch = (events: readonly { id: string }[], accepts: (consumer: ConsumerName) => boolean = () => true) =>
    void dispatched.push({ consumers: consumerNames.filter(accepts), ids: events.map((event) => event.id) })
  return { dispatcher: { dispatch }, idsFor: (consumer: ConsumerName) => idsFor(dispatched, consumer) }
}

const idsFor = (dispatched: { consumers: ConsumerName[]; ids: string[] }[], consumer: ConsumerName) =>
  dispatched.flatMap(({ consumers, ids }) => (consumers.includes(consumer) ? ids : []))

/** Creates goals of a user and publishes nothing. @returns their events */
async function createWithoutPublish(api: TestApp, count: number): Promise<CommittedEvent[]> {
  const events: CommittedEvent[] = []
  const publish = api.deps.publish
  api.deps.publish = async (committed) => void events.push(...committed)
  const user = await api.as()
  for (let i = 0; i < count; i++) await user.createGoal()
  api.deps.publish = publish
  return events
}

const test = base.extend('parts', ({ api }) => {
  const recorded = recordDispatched()
  const cacheDeliveries = createCacheDeliveries({ pool: api.pool, dispatcher: recorded.dispatcher })
  const invalidate = vi.fn(async () => true)
  const cache = { ...api.cache, invalidate }
  const feedHints = { push: () => undefined }
  const dispatcher = recorded.dispatcher
  const options = { pool: api.pool, cache, dispatcher, cacheDeliveries, feedHints, retentionDays: 30 }
  return { ...recorded, cacheDeliveries, invalidate, publish: createDeps(options).publish }
})

test('a write leaves no delivery to the cache when its invalidation was confirmed', async ({ api, ada }) => {
  const goal = await ada.createGoal()
  await ada.createTask(goal.id)
  await ada.actOnGoal(goal.id, 'cancel')
  await until(async () => expect(await pendingIn(api)).toEqual([]))
})

test('a confirmed invalidation finishes the deliveries, and its events go to the other consumers only', async ({
  api,
  parts,
}) => {
  const events = await createWithoutPublish(api, 3)
  await parts.publish(events)
  expect(parts.idsFor('audit-log')).toEqual(events.map((event) => event.id))
  await parts.cacheDeliveries.close()
  expect(parts.idsFor('cache-invalidation')).toEqual([])
  expect(await pendingIn(api)).toEqual([])
})

test('the deliveries stay and their events go to the consumer when the invalidation was not confirmed', async ({
  api,
  parts,
}) => {
  const events = await createWithoutPublish(api, 2)
  const ids = events.map((event) => event.id)
  parts.invalidate.mockResolvedValueOnce(false)
  await parts.publish(events)
  await parts.cacheDeliveries.close()
  expect(parts.idsFor('cache-invalidation')).toEqual(ids)
  expect((await pendingIn(api)).toSorted()).toEqual(ids.toSorted())
  parts.cacheDeliveries.finish(events)
  await parts.cacheDeliveries.close()
})

test('events go to the consumer when their deliveries cannot be deleted or the buffer is full', async ({
  api,
  parts,
}) => {
  const events = await createWithoutPublish(api, 1)
  const pool = { ...api.pool, query: () => Promise.reject(new Error('Postgres is away')) } as unknown as pg.Pool
  const failing = createCacheDeliveries({ pool, dispatcher: parts.dispatcher })
  failing.finish(events)
  await failing.close()
  expect(parts.idsFor('cache-invalidation')).toEqual(events.map((event) => event.id))

  const [event] = events
  if (!event) throw new Error('an event was committed')
  parts.cacheDeliveries.finish(Array.from({ length: 10_001 }, () => event))
  expect(parts.idsFor('cache-invalidation')).toHaveLength(10_002)
  expect(await pendingIn(api)).toEqual([event.id])
})
