import { until } from '@goals-tasks/devstack/testing'
import { deadQueueName, openDeadQueue, queuePrefix } from '@goals-tasks/events'
import { Queue, UnrecoverableError } from 'bullmq'
import { expect, onTestFinished, test } from 'vitest'
import { auditLog } from '../src/consumers/audit-log.ts'
import type { Consumers } from '../src/consumers/types.ts'
import {
  countRows,
  createInstallation,
  hasty,
  type Installation,
  pendingDeliveries,
  queueOf,
  startWorker,
  writeGoals,
} from './harness.ts'

/** An audit log that fails for some events, after it has written them. */
const poisoned = (isPoison: (eventId: string) => boolean, error: () => Error): Partial<Consumers> => ({
  'audit-log': {
    kind: 'transactional',
    async run(tx, deps, events) {
      await auditLog.run(tx, deps, events)
      if (events.some((event) => isPoison(event.id))) throw error()
    },
  },
})
const serve = ['audit-log'] as const
const attemptLines = (on: Installation, eventId: string) =>
  on.lines.filter((line) => line.eventId === eventId && line.attempt !== undefined)

test('the neighbours of a bad event are done at once; it is tried again and again and ends as a dead letter', async () => {
  const on = await createInstallation()
  const events = await writeGoals(on, 20)
  const poison = events[7]?.id ?? ''
  let failures = 0
  const consumers = poisoned(
    (id) => id === poison,
    () => new Error(`it broke for the ${++failures}. time`),
  )
  startWorker(on, { serve, consumers, policies: { 'audit-log': hasty(4) } })
  on.dispatcher.dispatch(events)

  await until(async () => (await countRows(on.pool, 'goal_audit_log')) === 19)
  await until(async () => (await countRows(on.pool, 'dead_letters')) === 1)
  expect(await countRows(on.pool, 'goal_audit_log')).toBe(19)
  expect((await pendingDeliveries(on.pool))['audit-log']).toBeUndefined()
  const { rows } = await on.pool.query('select consumer, event_id, attempts, event, error from dead_letters')
  expect(rows).toMatchObject([
    { consumer: 'audit-log', event_id: poison, attempts: 4, event: { type: 'goal:created' } },
  ])
  expect(rows[0].error).toMatch(/^it broke/)

  const lines = attemptLines(on, poison)
  expect(lines.map((line) => [line.msg, line.consumer, line.attempt])).toEqual([
    ['attempt failed', 'audit-log', 1],
    ['attempt failed', 'audit-log', 2],
    ['attempt failed', 'audit-log', 3],
    ['given up', 'audit-log', 4],
  ])
  // One transaction for all, one each, and the retries of one: no more.
  expect(failures).toBe(1 + 4)
})

test('the board shows why a job failed, and the dead letter in a queue of its own', async () => {
  const on = await createInstallation()
  const events = await writeGoals(on, 1)
  startWorker(on, {
    serve,
    consumers: poisoned(
      () => true,
      () => new Error('it broke'),
    ),
    policies: { 'audit-log': hasty(2) },
  })
  on.dispatcher.dispatch(events)
  const queue = queueOf(on, 'audit-log')
  const mirror = openDeadQueue(on.producer, on.prefix, 'audit-log')
  on.closeFirst(() => mirror.close())

  await until(async () => (await mirror.getWaitingCount()) === 1)
  const [shown] = await mirror.getJobs(['waiting'])
  const { rows } = await on.pool.query('select id from dead_letters')
  expect(shown?.id).toBe(rows[0].id)
  expect(shown?.data).toMatchObject({ eventId: events[0]?.id, type: 'goal:created', error: 'it broke' })
  await until(async () => (await queue.getJobCountByTypes('failed')) === 2)
  const failed = await queue.getJobs(['failed'])
  expect(failed.map((job) => job.failedReason)).toEqual(['it broke', 'it broke'])
  expect(failed.map((job) => job.id)).toContain(`audit-log-${events[0]?.id}-1-r0`)
})

test('an event beyond hope and a malformed one are given up at the first attempt', async () => {
  const on = await createInstallation()
  const [hopeless, malformed, fine] = await writeGoals(on, 3)
  if (!hopeless || !malformed || !fine) throw new Error('three events were written')
  await on.pool.query(`update events set after = '{"title": 7}' where id = $1`, [malformed.id])
  const consumers = poisoned(
    (id) => id === hopeless.id,
    () => new UnrecoverableError('never'),
  )
  startWorker(on, { serve, consumers, policies: { 'audit-log': hasty() } })
  on.dispatcher.dispatch([hopeless, malformed, fine])
  await until(async () => (await countRows(on.pool, 'dead_letters')) === 2)
  const { rows } = await on.pool.query('select event_id, attempts, error from dead_letters order by event_id')
  expect(rows).toEqual([
    { event_id: hopeless.id, attempts: 1, error: 'never' },
    { event_id: malformed.id, attempts: 1, error: expect.stringContaining('malformed: /after') },
  ])
  expect(await countRows(on.pool, 'goal_audit_log')).toBe(1)
})

test('fields that the catalogue does not know do no harm', async () => {
  const on = await createInstallation()
  const events = await writeGoals(on, 1)
  await on.pool.query(`update events set after = (after::jsonb || '{"colour": "red"}')::json`)
  startWorker(on, { serve })
  on.dispatcher.dispatch(events)
  await until(async () => (await countRows(on.pool, 'goal_audit_log')) === 1)
})

test('an event of an unknown type is put aside without an attempt, and its neighbours are done', async () => {
  const on = await createInstallation()
  const [strange, ...others] = await writeGoals(on, 3)
  if (!strange) throw new Error('an event was written')
  await on.pool.query(`update events set type = 'goal:archived' where id = $1`, [strange.id])
  startWorker(on, { serve, timings: { snoozeMs: 600_000 } })
  const queue = queueOf(on, 'audit-log')
  await queue.add('3 events', { events: [{ ...strange, type: 'goal:archived' }, ...others] })
  await until(async () => (await countRows(on.pool, 'goal_audit_log')) === 2)
  const { rows } = await on.pool.query(
    `select event_id, attempts, due_at > now() + interval '9 minutes' as aside from deliveries where consumer = 'audit-log'`,
  )
  expect(rows).toEqual([{ event_id: strange.id, attempts: 0, aside: true }])
  expect(on.lines.filter((line) => line.level === 'warn')).toMatchObject([
    { consumer: 'audit-log', type: ['goal:archived'] },
  ])
})

test('a consumer that always fails leaves the others at full speed', async () => {
  const on = await createInstallation()
  const events = await writeGoals(on, 100)
  startWorker(on, {
    consumers: poisoned(
      () => true,
      () => new Error('it always breaks'),
    ),
    policies: { 'audit-log': { ...hasty(3), backoff: { baseMs: 60_000, capMs: 60_000 } } },
  })
  on.dispatcher.dispatch(events)
  await until(async () => expect(await pendingDeliveries(on.pool)).toEqual({ 'audit-log': 100 }), { timeoutMs: 5_000 })
  const failed = () => new Set(on.lines.flatMap((line) => (line.msg === 'attempt failed' ? [line.eventId] : [])))
  await until(() => failed().size === 100)
  expect(await countRows(on.pool, 'goal_audit_log')).toBe(0)
})

test('a mirror that was lost or fell behind is made equal to the dead letters', async () => {
  const on = await createInstallation()
  const events = await writeGoals(on, 3)
  startWorker(on, {
    serve,
    consumers: poisoned(
      () => true,
      () => new UnrecoverableError('never'),
    ),
    timings: { reviewDeadEveryMs: 50 },
  })
  on.dispatcher.dispatch(events)
  const mirror = new Queue(deadQueueName('audit-log'), {
    connection: on.producer,
    prefix: queuePrefix(on.prefix, 'audit-log'),
  })
  onTestFinished(() => mirror.close())
  const shown = async () => (await mirror.getJobs(['waiting'], 0, -1, true)).map((job) => job.id)
  const dead = async () => (await on.pool.query('select id from dead_letters order by id')).rows.map((row) => row.id)
  await until(async () => (await dead()).length === 3)
  await until(async () => expect((await shown()).toSorted()).toEqual(await dead()))

  await mirror.obliterate({ force: true })
  await until(async () => expect(await shown()).toEqual(await dead()))

  await on.pool.query('delete from dead_letters where event_id = $1', [events[0]?.id])
  await until(async () => expect(await shown()).toEqual(await dead()))
  expect(await shown()).toHaveLength(2)
})
