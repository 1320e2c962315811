import { randomUUID } from 'node:crypto'
import { createCommit, discardDeadLetters, recordReceiver, replayDeadLetters } from '@goals-tasks/db'
import { committedOf } from '@goals-tasks/db/testing'
import { ownRedis, until } from '@goals-tasks/devstack/testing'
import { connectWorker, enqueueEvents, queuePrefix, singleJobId } from '@goals-tasks/events'
import { newGoal } from '@goals-tasks/events/testing'
import { Worker } from 'bullmq'
import { expect, onTestFinished } from 'vitest'
import { newestJobsRead } from '../src/trace/find-jobs.ts'
import { loadTrace } from '../src/trace/load-trace.ts'
import { startOperations } from './support/operations.ts'
import { finishDelivery, insertAuditRow, insertCompletion, recordSyncFailure, test } from './support/traces.ts'

test.beforeEach(async ({ operations }) => {
  await Promise.all(operations.queues.all.map(({ queue }) => queue.obliterate({ force: true })))
})

test('an event is traced with its changed fields and without their values', async ({ operations, trace }) => {
  const { aggregateId } = await operations.createGoal()
  const id = await insertCompletion(operations, aggregateId)
  const found = await trace(id)
  expect(found).toMatchObject({
    redis: 'ready',
    entity: null,
    events: [{ id, type: 'goal:completed', aggregateId, aggregateVersion: 2, ordinal: 1, changed: ['status'] }],
  })
  expect(JSON.stringify(found)).not.toMatch(/a goal|COMPLETED/)
})

test('a milestone is traced with the changed fields of its version as long as its primary event exists', async ({
  operations,
  trace,
}) => {
  const values = newGoal()
  const commit = createCommit(operations.pool, () => undefined)
  const actorId = values.userId
  await commit.createGoal({ values, metadata: { types: ['goal:created'], actorId } })
  const { events } = committedOf(
    await commit.updateGoal({
      values: { ...values, status: 'COMPLETED', version: 1 },
      metadata: { types: ['goal:updated', 'goal:completed'], actorId },
    }),
  )
  const [primary, milestone] = events.map((event) => event.id)
  const changed = async (id = '') => (await trace(id))?.events[0]?.changed.toSorted()
  expect(await changed(milestone)).toEqual(['completedAt', 'status'])
  expect(await changed(primary)).toEqual(await changed(milestone))
  await operations.pool.query('delete from events where id = $1', [primary])
  expect(await changed(milestone)).toEqual([])
})

test('a delivery is pending with its job when a job carries it with others', async ({ operations, traceAt }) => {
  const event = await operations.createGoal()
  const other = await operations.createGoal()
  expect(await traceAt(event.id, 'sync')).toMatchObject({ state: 'pending', attempts: 0, jobs: [], partlyRead: [] })
  await enqueueEvents(operations.queueOf('sync').queue, [event, other])
  expect(await traceAt(event.id, 'sync')).toMatchObject({
    state: 'pending',
    dueAt: expect.stringMatching(/Z$/),
    jobs: [{ state: 'waiting', events: 2, error: null }],
  })
})

test('a failed delivery shows its failure and its retry when newer jobs fill the queue', async ({
  operations,
  traceAt,
}) => {
  const event = await operations.createGoal()
  const { queue } = operations.queueOf('sync')
  const { REDIS_URL, QUEUE_PREFIX } = operations.environment
  const connection = connectWorker(REDIS_URL, () => undefined)
  const worker = new Worker('sync', () => Promise.reject(new Error('it timed out')), {
    connection,
    prefix: queuePrefix(QUEUE_PREFIX, 'sync'),
  })
  worker.on('error', () => undefined)
  onTestFinished(async () => {
    await worker.close()
    connection.disconnect()
  })
  await enqueueEvents(queue, [event])
  await until(async () => (await queue.getFailedCount()) === 1)
  await recordSyncFailure(operations, event.id)
  const jobId = singleJobId('sync', { id: event.id, attempts: 1, replays: 0 })
  const { timestamp } = await queue.add(event.type, { events: [event] }, { jobId, delay: 60_000 })
  const others = Array.from({ length: newestJobsRead + 1 }, () => ({
    name: 'x',
    data: { events: [] },
    opts: { delay: 90_000 },
  }))
  await queue.addBulk(others)
  expect(await traceAt(event.id, 'sync')).toMatchObject({
    state: 'pending',
    attempts: 1,
    maxAttempts: 15,
    error: 'it timed out',
    jobs: [
      { state: 'failed', error: 'it timed out' },
      { id: jobId, state: 'delayed', at: new Date(timestamp + 60_000).toISOString() },
    ],
    partlyRead: ['delayed'],
  })
})

test('a dead letter is traced when its event is dropped, and is pending again when it is replayed', async ({
  operations,
  trace,
  traceAt,
}) => {
  const { pool } = operations
  const { id, eventId, aggregateId } = await operations.createDeadLetter('sync', 'it was refused')
  const dead = { state: 'dead', deadLetterId: id, error: 'it was refused', dueAt: null, diedAt: expect.any(String) }
  expect(await traceAt(eventId, 'sync')).toMatchObject(dead)
  await pool.query('delete from events where id = $1', [eventId])
  expect(await trace(eventId)).toMatchObject({
    events: [{ id: eventId, aggregateId, type: 'goal:created', asAdmin: false }],
  })
  expect(await traceAt(eventId, 'sync')).toMatchObject(dead)
  await replayDeadLetters(pool, { ids: [id] }, 1)
  expect(await traceAt(eventId, 'sync')).toMatchObject({ state: 'pending', replays: 1, deadLetterId: null })
})

test('an event is done when no work is left, and missing when its audit row is not there', async ({
  operations,
  traceAt,
}) => {
  const { pool } = operations
  const { id: eventId } = await operations.createGoal()
  await finishDelivery(operations, eventId, 'sync')
  expect(await traceAt(eventId, 'sync')).toMatchObject({ state: 'done' })
  await insertAuditRow(operations, eventId)
  await finishDelivery(operations, eventId, 'audit-log')
  expect(await traceAt(eventId, 'audit-log')).toMatchObject({ state: 'done', at: expect.stringMatching(/Z$/) })

  const discarded = await operations.createDeadLetter('audit-log')
  await discardDeadLetters(pool, { ids: [discarded.id] }, 1)
  expect(await traceAt(discarded.eventId, 'audit-log')).toEqual({ consumer: 'audit-log', state: 'missing' })
})

test('an event has no receiver at sync when it was committed without one', async ({ operations, traceAt }) => {
  const { pool } = operations
  const { id: sent } = await operations.createGoal()
  await finishDelivery(operations, sent, 'sync')
  await recordReceiver(pool, 'sync', false)
  // An event of the same millisecond counts as committed before.
  const passed = `select clock_timestamp() > since + interval '2 ms' as passed from receivers where consumer = 'sync'`
  await until(async () => (await pool.query(passed)).rows[0].passed)
  const { id: unsent } = await operations.createGoal()
  expect(await traceAt(unsent, 'sync')).toEqual({ consumer: 'sync', state: 'no receiver' })
  expect(await traceAt(sent, 'sync')).toMatchObject({ state: 'done' })
  await recordReceiver(pool, 'sync', true)
  expect(await traceAt(unsent, 'sync')).toEqual({ consumer: 'sync', state: 'no receiver' })
  const { id: later } = await operations.createGoal()
  await finishDelivery(operations, later, 'sync')
  expect(await traceAt(later, 'sync')).toMatchObject({ state: 'done' })
})

test('an event lists its notifications when it caused some', async ({ operations, traceAt }) => {
  const { aggregateId } = await operations.createGoal()
  const id = await insertCompletion(operations, aggregateId)
  expect(await traceAt(id, 'notifications')).toMatchObject({ state: 'done', at: null, notifications: [] })
  const userId = randomUUID()
  await operations.pool.query(
    `insert into notifications (user_id, kind, channel, event_id, subject_type, subject_id, title, actor_id)
     values ($1, 'goal-completed', 'in-app', $2, 'goal', $3, 'a goal', $1)`,
    [userId, id, aggregateId],
  )
  expect(await traceAt(id, 'notifications')).toMatchObject({
    state: 'done',
    notifications: [{ eventId: id, userId, kind: 'goal-completed', channel: 'in-app', readAt: null }],
  })
})

test('each event of an entity lists its own notifications', async ({ operations, trace }) => {
  const { aggregateId } = await operations.createGoal()
  const id = await insertCompletion(operations, aggregateId)
  await operations.pool.query(
    `insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, before, after)
     select type, aggregate_type, aggregate_id, 3, 1, actor_id, before, after from events where id = $1`,
    [id],
  )
  await operations.pool.query(
    `insert into notifications (user_id, kind, channel, event_id, subject_type, subject_id, title, actor_id)
     values ($2, 'goal-completed', 'in-app', $1, 'goal', $2, 'a goal', $2)`,
    [id, aggregateId],
  )
  const found = await trace(aggregateId)
  const ofEvents = found?.events.map(({ consumers }) => consumers.find(({ consumer }) => consumer === 'notifications'))
  expect(ofEvents?.slice(0, 2)).toMatchObject([{ notifications: [] }, { notifications: [{ eventId: id }] }])
  expect(ofEvents?.[2]).toBeUndefined()
})

test('an event is traced at a consumer that is no longer subscribed to it while work is left', async ({
  operations,
  traceAt,
}) => {
  const { id } = await operations.createGoal()
  expect(await traceAt(id, 'notifications')).toBeUndefined()
  await operations.pool.query(`insert into deliveries (consumer, event_id) values ('notifications', $1)`, [id])
  expect(await traceAt(id, 'notifications')).toMatchObject({ state: 'pending' })
})

test('an entity is traced with its state and its newest events, the last first', async ({ operations, trace }) => {
  const { id: created, aggregateId } = await operations.createGoal()
  const completed = await insertCompletion(operations, aggregateId)
  const idsOf = async (limit?: number) => (await trace(aggregateId, limit))?.events.map(({ id }) => id)
  expect(await idsOf()).toEqual([completed, created])
  expect(await idsOf(1)).toEqual([completed])
  const stateOf = async (id: string) => (await trace(id))?.entity
  await insertAuditRow(operations, created)
  expect(await stateOf(aggregateId)).toEqual({ id: aggregateId, kind: 'goal', state: 'live', version: 1 })
  await operations.pool.query('update goals set deleted_at = now() where id = $1', [aggregateId])
  expect(await stateOf(aggregateId)).toMatchObject({ state: 'deleted' })
})

test('an entity is traced as purged when only its audit log is left, and an unknown id gives no trace', async ({
  operations,
  trace,
}) => {
  const id = randomUUID()
  expect(await trace(id)).toBeUndefined()
  await operations.pool.query(
    `insert into task_audit_log (task_id, version, event_id, type, actor_id, after, occurred_at)
     values ($1, 7, uuidv7(), 'task:deleted', $1, '{}', now())`,
    [id],
  )
  expect(await trace(id)).toEqual({
    redis: 'ready',
    entity: { id, kind: 'task', state: 'purged', version: 7 },
    events: [],
  })
})

test('a trace has no jobs when Redis does not answer', async () => {
  const redis = await ownRedis()
  const operations = await startOperations({ redisUrl: redis.url })
  await until(() => operations.queues.available())
  const { id } = await operations.createGoal()
  redis.pause()
  const pending = expect.objectContaining({ consumer: 'sync', state: 'pending', jobs: null })
  expect(await loadTrace(operations, id, 20)).toMatchObject({
    redis: 'away',
    events: [{ consumers: expect.arrayContaining([pending]) }],
  })
})
