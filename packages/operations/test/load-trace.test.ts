import { randomUUID } from 'node:crypto'
import { discardDeadLetter, recordFailure, replayDeadLetter } from '@goals-tasks/db'
import { ownRedis, until } from '@goals-tasks/devstack/testing'
import { type ConsumerName, connectWorker, enqueueEvents, queuePrefix, singleJobId } from '@goals-tasks/events'
import { Worker } from 'bullmq'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { newestJobsRead } from '../src/trace/find-jobs.ts'
import { loadTrace } from '../src/trace/load-trace.ts'
import { startOperations } from './support/operations.ts'

const ops = await startOperations()
const { pool, queues, environment } = ops
beforeEach(async () => {
  await Promise.all(queues.all.map(({ queue }) => queue.obliterate({ force: true })))
})

const trace = (id: string, limit = 20) => loadTrace({ pool, queues }, id, limit)
async function consumerOf(eventId: string, consumer: ConsumerName) {
  const found = await trace(eventId)
  return found?.events[0]?.consumers.find((c) => c.consumer === consumer)
}
const fail = (eventId: string) =>
  recordFailure(pool, { consumer: 'sync', eventId, error: 'it timed out', delaysMs: [60_000], leaseMs: 30_000 })
const finish = (eventId: string, consumer: ConsumerName) =>
  pool.query('delete from deliveries where event_id = $1 and consumer = $2', [eventId, consumer])

/** A second version of the goal, whose owner and another user were told of its completion. */
async function completeGoal(goalId: string) {
  const { rows } = await pool.query(
    `insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, before, after)
     select 'goal:completed', 'goal', aggregate_id, 2, 1, actor_id, after,
            jsonb_set(jsonb_set(after::jsonb, '{status}', '"COMPLETED"'), '{version}', '2')::json
     from events where aggregate_id = $1 returning id`,
    [goalId],
  )
  return rows[0].id
}

test('an event is told with who did it and which fields changed, never with what they hold', async () => {
  const { aggregateId } = await ops.createGoal()
  const id = await completeGoal(aggregateId)
  const found = await trace(id)
  expect(found).toMatchObject({
    redis: 'ready',
    entity: null,
    events: [{ id, type: 'goal:completed', aggregateId, aggregateVersion: 2, ordinal: 1, changed: ['status'] }],
  })
  expect(JSON.stringify(found)).not.toMatch(/a goal|COMPLETED/)
})

test('a delivery is pending, with the job that carries it among others', async () => {
  const event = await ops.createGoal()
  const other = await ops.createGoal()
  expect(await consumerOf(event.id, 'sync')).toMatchObject({
    state: 'pending',
    attempts: 0,
    jobs: [],
    partlyRead: [],
  })
  await enqueueEvents(ops.queueOf('sync').queue, [event, other])
  expect(await consumerOf(event.id, 'sync')).toMatchObject({
    state: 'pending',
    dueAt: expect.stringMatching(/Z$/),
    jobs: [{ state: 'waiting', events: 2, error: null }],
  })
})

test('a failed delivery shows each attempt, its error and the retry, also when the newest jobs are others', async () => {
  const event = await ops.createGoal()
  const { queue } = ops.queueOf('sync')
  const connection = connectWorker(environment.REDIS_URL, () => undefined)
  const worker = new Worker('sync', () => Promise.reject(new Error('it timed out')), {
    connection,
    prefix: queuePrefix(environment.QUEUE_PREFIX, 'sync'),
  })
  worker.on('error', () => undefined)
  onTestFinished(async () => {
    await worker.close()
    connection.disconnect()
  })
  await enqueueEvents(queue, [event])
  await until(async () => (await queue.getFailedCount()) === 1)
  await fail(event.id)
  const jobId = singleJobId('sync', { id: event.id, attempts: 1, replays: 0 })
  await queue.add(event.type, { events: [event] }, { jobId, delay: 60_000 })
  const others = Array.from({ length: newestJobsRead + 1 }, () => ({
    name: 'x',
    data: { events: [] },
    opts: { delay: 90_000 },
  }))
  await queue.addBulk(others)
  expect(await consumerOf(event.id, 'sync')).toMatchObject({
    state: 'pending',
    attempts: 1,
    maxAttempts: 12,
    error: 'it timed out',
    jobs: [
      { state: 'failed', error: 'it timed out' },
      { id: jobId, state: 'delayed' },
    ],
    partlyRead: ['delayed'],
  })
})

test('what was given up is a dead letter, pending again once replayed, and followed even when its week is gone', async () => {
  const { id, eventId, aggregateId } = await ops.createDeadLetter('sync', 'it was refused')
  const dead = { state: 'dead', deadLetterId: id, error: 'it was refused', dueAt: null, diedAt: expect.any(String) }
  expect(await consumerOf(eventId, 'sync')).toMatchObject(dead)
  await pool.query('delete from events where id = $1', [eventId])
  expect(await trace(eventId)).toMatchObject({
    events: [{ id: eventId, aggregateId, type: 'goal:created', asAdmin: false }],
  })
  expect(await consumerOf(eventId, 'sync')).toMatchObject(dead)
  await replayDeadLetter(pool, id)
  expect(await consumerOf(eventId, 'sync')).toMatchObject({ state: 'pending', replays: 1, deadLetterId: null })
})

test('what nothing is left of is done; where the audit log shows otherwise, it says so', async () => {
  const { id: eventId } = await ops.createGoal()
  await finish(eventId, 'sync')
  expect(await consumerOf(eventId, 'sync')).toMatchObject({ state: 'done' })
  await pool.query(
    `insert into goal_audit_log (goal_id, version, event_id, type, actor_id, after, occurred_at)
     select aggregate_id, aggregate_version, id, type, actor_id, after, occurred_at from events where id = $1`,
    [eventId],
  )
  await finish(eventId, 'audit-log')
  expect(await consumerOf(eventId, 'audit-log')).toMatchObject({ state: 'done', at: expect.stringMatching(/Z$/) })

  const discarded = await ops.createDeadLetter('audit-log')
  await discardDeadLetter(pool, discarded.id)
  expect(await consumerOf(discarded.eventId, 'audit-log')).toEqual({ consumer: 'audit-log', state: 'missing' })
})

test('whom an event made the service tell is told, and when it told nobody', async () => {
  const { aggregateId } = await ops.createGoal()
  const id = await completeGoal(aggregateId)
  expect(await consumerOf(id, 'notifications')).toMatchObject({ state: 'done', at: null, notifications: [] })
  const userId = randomUUID()
  await pool.query(
    `insert into notifications (user_id, kind, channel, event_id, subject_type, subject_id, title, actor_id)
     values ($1, 'goal-completed', 'in-app', $2, 'goal', $3, 'a goal', $1)`,
    [userId, id, aggregateId],
  )
  expect(await consumerOf(id, 'notifications')).toMatchObject({
    state: 'done',
    notifications: [{ eventId: id, userId, kind: 'goal-completed', channel: 'in-app', readAt: null }],
  })
})

test('an entity is told with its state and its newest events, the last first', async () => {
  const { id: created, aggregateId } = await ops.createGoal()
  const completed = await completeGoal(aggregateId)
  const idsOf = async (limit?: number) => (await trace(aggregateId, limit))?.events.map(({ id }) => id)
  expect(await idsOf()).toEqual([completed, created])
  expect(await idsOf(1)).toEqual([completed])
  const stateOf = async (id: string) => (await trace(id))?.entity
  expect(await stateOf(aggregateId)).toEqual({ id: aggregateId, kind: 'goal', state: 'live', version: 1 })
  await pool.query('update goals set deleted_at = now() where id = $1', [aggregateId])
  expect(await stateOf(aggregateId)).toMatchObject({ state: 'deleted' })
})

test('of a purged entity the trail remains; an id that nobody knows is nothing', async () => {
  const id = randomUUID()
  expect(await trace(id)).toBeUndefined()
  await pool.query(
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

test('without Redis the jobs are unknown and the rest is told', async () => {
  const redis = await ownRedis()
  const alone = await startOperations({ redisUrl: redis.url })
  await until(() => alone.queues.available())
  const { id } = await alone.createGoal()
  redis.pause()
  expect(await loadTrace(alone, id, 20)).toMatchObject({
    redis: 'away',
    events: [
      {
        consumers: expect.arrayContaining([
          expect.objectContaining({ consumer: 'sync', state: 'pending', jobs: null }),
        ]),
      },
    ],
  })
})
