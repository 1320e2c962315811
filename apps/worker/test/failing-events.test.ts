import { until } from '@goals-tasks/devstack/testing'
import { deadQueueName, openDeadQueue, queuePrefix } from '@goals-tasks/events'
import { Queue } from 'bullmq'
import { expect, onTestFinished } from 'vitest'
import type { Installation } from './support/installation.ts'
import { queueOf } from './support/queue-of.ts'
import { countRows, pendingDeliveries } from './support/rows.ts'
import { test } from './support/test.ts'
import { failingAuditLog } from './support/test-consumers.ts'
import { quickPolicy, startWorker } from './support/test-worker.ts'
import { writeGoals } from './support/writer.ts'

const serve = ['audit-log'] as const
const always = () => true
const attemptLines = ({ lines }: Installation, eventId: string) =>
  lines.filter((line) => line.eventId === eventId && line.attempt !== undefined)

test('a bad event is retried until it becomes a dead letter, and its neighbours are done at once', async ({
  installation,
}) => {
  const { pool, dispatcher } = installation
  const events = await writeGoals(installation, 20)
  const bad = events[7]?.id ?? ''
  let failures = 0
  const consumers = failingAuditLog(
    (id) => id === bad,
    () => new Error(`it broke for the ${++failures}. time`),
  )
  startWorker(installation, { serve, consumers, policies: { 'audit-log': quickPolicy(4) } })
  dispatcher.dispatch(events)

  await until(async () => (await countRows(pool, 'goal_audit_log')) === 19)
  await until(async () => (await countRows(pool, 'dead_letters')) === 1)
  expect(await countRows(pool, 'goal_audit_log')).toBe(19)
  expect((await pendingDeliveries(pool))['audit-log']).toBeUndefined()
  const { rows } = await pool.query('select id, consumer, event_id, attempts, event, error from dead_letters')
  expect(rows).toMatchObject([{ consumer: 'audit-log', event_id: bad, attempts: 4, event: { type: 'goal:created' } }])
  expect(rows[0].error).toMatch(/^it broke/)

  await until(() => attemptLines(installation, bad).length === 4)
  const lines = attemptLines(installation, bad)
  expect(lines.map((line) => [line.msg, line.consumer, line.attempt])).toEqual([
    ['attempt failed', 'audit-log', 1],
    ['attempt failed', 'audit-log', 2],
    ['attempt failed', 'audit-log', 3],
    ['moved to the dead letters', 'audit-log', 4],
  ])
  expect(lines[3]).toMatchObject({ deadLetterId: rows[0].id })
  // One transaction for all events, one for each, and the three retries of the bad one.
  expect(failures).toBe(1 + 4)
})

test('Bull Board shows why a job failed, and the dead letter in a queue of its own', async ({ installation }) => {
  const { pool, producer, prefix, dispatcher, closeFirst } = installation
  const events = await writeGoals(installation, 1)
  startWorker(installation, {
    serve,
    consumers: failingAuditLog(always, () => new Error('it broke')),
    policies: { 'audit-log': quickPolicy(2) },
  })
  dispatcher.dispatch(events)
  const queue = queueOf(installation, 'audit-log')
  const mirror = openDeadQueue(producer, prefix, 'audit-log')
  closeFirst(() => mirror.close())

  await until(async () => (await mirror.getWaitingCount()) === 1)
  const [shown] = await mirror.getJobs(['waiting'])
  const { rows } = await pool.query('select id from dead_letters')
  expect(shown?.id).toBe(rows[0].id)
  expect(shown?.data).toMatchObject({ eventId: events[0]?.id, type: 'goal:created', error: 'it broke' })
  await until(async () => (await queue.getJobCountByTypes('failed')) === 2)
  const failed = await queue.getJobs(['failed'])
  expect(failed.map((job) => job.failedReason)).toEqual(['it broke', 'it broke'])
  expect(failed.map((job) => job.id)).toContain(`audit-log-${events[0]?.id}-1-r0`)
})

test('a malformed event becomes a dead letter at its first attempt', async ({ installation }) => {
  const { pool, dispatcher } = installation
  const [malformed, fine] = await writeGoals(installation, 2)
  if (!malformed || !fine) throw new Error('two events were written')
  await pool.query(`update events set after = '{"title": 7}' where id = $1`, [malformed.id])
  startWorker(installation, { serve, policies: { 'audit-log': quickPolicy() } })
  dispatcher.dispatch([malformed, fine])
  await until(async () => (await countRows(pool, 'dead_letters')) === 1)
  const { rows } = await pool.query('select event_id, attempts, error from dead_letters')
  expect(rows).toEqual([{ event_id: malformed.id, attempts: 1, error: expect.stringContaining('malformed: /after') }])
  await until(async () => (await countRows(pool, 'goal_audit_log')) === 1)
})

test('an event takes effect when it has fields that the catalogue lacks', async ({ installation }) => {
  const { pool, dispatcher } = installation
  const events = await writeGoals(installation, 1)
  await pool.query(`update events set after = (after::jsonb || '{"colour": "red"}')::json`)
  startWorker(installation, { serve })
  dispatcher.dispatch(events)
  await until(async () => (await countRows(pool, 'goal_audit_log')) === 1)
})

test('an event of an unknown type is snoozed without an attempt, and its neighbours are done', async ({
  installation,
}) => {
  const { pool, lines } = installation
  const [unknown, ...others] = await writeGoals(installation, 3)
  if (!unknown) throw new Error('an event was written')
  await pool.query(`update events set type = 'goal:archived' where id = $1`, [unknown.id])
  startWorker(installation, { serve, timings: { snoozeMs: 600_000 } })
  const queue = queueOf(installation, 'audit-log')
  await queue.add('3 events', { events: [{ ...unknown, type: 'goal:archived' }, ...others] })
  await until(async () => (await countRows(pool, 'goal_audit_log')) === 2)
  const { rows } = await pool.query(
    `select event_id, attempts, due_at > now() + interval '9 minutes' as snoozed
     from deliveries where consumer = 'audit-log'`,
  )
  expect(rows).toEqual([{ event_id: unknown.id, attempts: 0, snoozed: true }])
  expect(lines.filter((line) => line.level === 'warn')).toMatchObject([
    { consumer: 'audit-log', type: ['goal:archived'] },
  ])
})

test('the other consumers run at full speed when one always fails', async ({ installation }) => {
  const { pool, lines, dispatcher } = installation
  const events = await writeGoals(installation, 100)
  startWorker(installation, {
    consumers: failingAuditLog(always, () => new Error('it always breaks')),
    policies: { 'audit-log': { ...quickPolicy(3), backoff: { baseMs: 60_000, capMs: 60_000 } } },
  })
  dispatcher.dispatch(events)
  await until(async () => expect(await pendingDeliveries(pool)).toEqual({ 'audit-log': 100 }))
  const failed = () => new Set(lines.flatMap((line) => (line.msg === 'attempt failed' ? [line.eventId] : [])))
  await until(() => failed().size === 100)
  expect(await countRows(pool, 'goal_audit_log')).toBe(0)
})

test('the review restores the mirror of the dead letters when it was lost or fell behind', async ({ installation }) => {
  const { pool, producer, prefix, dispatcher } = installation
  const events = await writeGoals(installation, 3)
  startWorker(installation, {
    serve,
    consumers: failingAuditLog(always, () => new Error('never')),
    policies: { 'audit-log': quickPolicy(1) },
    timings: { reviewDeadEveryMs: 50 },
  })
  dispatcher.dispatch(events)
  const mirror = new Queue(deadQueueName('audit-log'), {
    connection: producer,
    prefix: queuePrefix(prefix, 'audit-log'),
  })
  onTestFinished(() => mirror.close())
  const shown = async () => (await mirror.getJobs(['waiting'], 0, -1, true)).map((job) => job.id)
  const dead = async () => (await pool.query('select id from dead_letters order by id')).rows.map((row) => row.id)
  await until(async () => (await dead()).length === 3)
  await until(async () => expect((await shown()).toSorted()).toEqual(await dead()))

  await mirror.obliterate({ force: true })
  await until(async () => expect(await shown()).toEqual(await dead()))

  await pool.query('delete from dead_letters where event_id = $1', [events[0]?.id])
  await until(async () => expect(await shown()).toEqual(await dead()))
  expect(await shown()).toHaveLength(2)
})
