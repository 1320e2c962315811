import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { done, moveToDeadLetters, skipped, snooze } from '../src/consumers/results.ts'
import type { Installation } from './support/installation.ts'
import { queueOf } from './support/queue-of.ts'
import { countRows, makeDue, pendingDeliveries } from './support/rows.ts'
import { test } from './support/test.ts'
import { decidingSync } from './support/test-consumers.ts'
import { quickPolicy, startWorker } from './support/test-worker.ts'
import { writeGoals } from './support/writer.ts'

const serve = ['sync'] as const
/** Without a sweep only the job that the snooze added can bring an event back. */
const noSweep = { sweepEveryMs: 600_000 }
const inMs = (ms: number) => new Date(Date.now() + ms)
const isFinished = async ({ pool }: Installation) => (await pendingDeliveries(pool)).sync === undefined
const linesOf = ({ lines }: Installation, msg: string) => lines.filter((line) => line.msg === msg)
const readDelivery = async ({ pool }: Installation) =>
  (
    await pool.query(
      `select event_id, attempts, last_error, extract(epoch from due_at - now())::float8 as due_in
       from deliveries where consumer = 'sync'`,
    )
  ).rows

test('a snoozed event runs again at its time and spends no attempt', async ({ installation }) => {
  const times: Date[] = []
  const { runs, consumers } = decidingSync((_, nth) => {
    if (nth > 1) return done
    const time = inMs(1_000)
    times.push(time)
    return snooze(time, 'the receiver is busy')
  })
  const [event] = await writeGoals(installation, 1)
  // One attempt is all that the policy allows: a spent attempt would make a dead letter.
  startWorker(installation, { serve, consumers, policies: { sync: quickPolicy(1) }, timings: noSweep })
  installation.dispatcher.dispatch(event ? [event] : [])

  await until(() => linesOf(installation, 'snoozed').length === 1)
  expect(await readDelivery(installation)).toMatchObject([{ event_id: event?.id, attempts: 0, last_error: null }])
  await until(() => isFinished(installation))
  expect(runs).toHaveLength(2)
  expect(runs[1]?.at).toBeGreaterThanOrEqual(times[0]?.getTime() ?? Number.POSITIVE_INFINITY)
  expect(await countRows(installation.pool, 'dead_letters')).toBe(0)
  expect(installation.lines.filter((line) => line.attempt !== undefined)).toEqual([])
})

test('an event becomes no dead letter when it is snoozed more often than its policy allows attempts', async ({
  installation,
}) => {
  const { runs, consumers } = decidingSync((_, nth) => (nth <= 5 ? snooze(inMs(20), 'not yet') : done))
  startWorker(installation, { serve, consumers, policies: { sync: quickPolicy(2) }, timings: noSweep })
  installation.dispatcher.dispatch(await writeGoals(installation, 1))
  await until(() => isFinished(installation))
  expect(runs).toHaveLength(6)
  expect(await countRows(installation.pool, 'dead_letters')).toBe(0)
})

test('a snooze keeps the attempts that failed before it', async ({ installation }) => {
  const { consumers } = decidingSync((_, nth) => {
    if (nth === 1) throw new Error('it broke')
    return snooze(inMs(60_000), 'the receiver is busy')
  })
  startWorker(installation, { serve, consumers, policies: { sync: quickPolicy(3) }, timings: noSweep })
  installation.dispatcher.dispatch(await writeGoals(installation, 1))
  await until(() => linesOf(installation, 'snoozed').length === 1)
  expect(await readDelivery(installation)).toMatchObject([{ attempts: 1, last_error: 'it broke' }])
})

test('the neighbours of snoozed events are done, and the job logs and counts its snoozes once', async ({
  installation,
}) => {
  const events = await writeGoals(installation, 5)
  const snoozed = new Set(events.slice(0, 3).map(({ id }) => id))
  const [first, later] = [inMs(60_000), inMs(90_000)]
  const { consumers } = decidingSync((id) => {
    if (!snoozed.has(id)) return id === events[3]?.id ? skipped : done
    return snooze(id === events[1]?.id ? first : later, 'the receiver is busy')
  })
  const { registry } = startWorker(installation, { serve, consumers, timings: noSweep })
  installation.dispatcher.dispatch(events)

  await until(() => linesOf(installation, 'snoozed').length === 1)
  expect(linesOf(installation, 'snoozed')).toMatchObject([
    { consumer: 'sync', events: 3, until: first.toISOString(), reason: 'the receiver is busy', level: 'info' },
  ])
  expect(linesOf(installation, 'done')).toMatchObject([{ consumer: 'sync', events: 1 }])
  expect((await pendingDeliveries(installation.pool)).sync).toBe(3)
  const metrics = await registry.metrics()
  for (const [outcome, count] of [
    ['done', 1],
    ['skipped', 1],
    ['snoozed', 3],
  ] as const)
    expect(metrics).toContain(`gt_worker_events_handled_total{consumer="sync",outcome="${outcome}"} ${count}\n`)
  const queue = queueOf(installation, 'sync')
  const delayed = await queue.getJobs(['delayed'])
  expect(delayed.flatMap((job) => job.data.events.map(({ id }) => id)).toSorted()).toEqual([...snoozed].toSorted())
  await until(async () => (await queue.getJobCountByTypes('completed')) === 1)
})

test('the sweeper leaves a snoozed event to its job', async ({ installation }) => {
  const { runs, consumers } = decidingSync((_, nth) => (nth <= 5 ? snooze(inMs(150), 'not yet') : done))
  startWorker(installation, { serve, consumers, timings: { leaseMs: 10_000, sweepEveryMs: 5 } })
  installation.dispatcher.dispatch(await writeGoals(installation, 1))
  await until(() => isFinished(installation))
  expect(runs).toHaveLength(6)
  expect(linesOf(installation, 'events enqueued again')).toEqual([])
})

test('the sweeper enqueues a snoozed event one lease after its time when its job was lost', async ({
  installation,
}) => {
  const { runs, consumers } = decidingSync((_, nth) => (nth === 1 ? snooze(inMs(60_000), 'not yet') : done))
  startWorker(installation, { serve, consumers, timings: { sweepEveryMs: 20 } })
  installation.dispatcher.dispatch(await writeGoals(installation, 1))
  await until(() => linesOf(installation, 'snoozed').length === 1)
  const [delivery] = await readDelivery(installation)
  expect(delivery.due_in).toBeGreaterThan(60 + 25)
  expect(delivery.due_in).toBeLessThan(60 + 31)
  const queue = queueOf(installation, 'sync')
  await until(async () => (await queue.getActiveCount()) === 0)
  await queue.obliterate({ force: true })
  await makeDue(installation.pool)
  await until(() => isFinished(installation))
  expect(runs).toHaveLength(2)
})

test('an event that its consumer moves to the dead letters runs once, and its neighbours are done', async ({
  installation,
}) => {
  const { pool, dispatcher, lines } = installation
  const events = await writeGoals(installation, 3)
  const [refused, malformed, fine] = events
  if (!refused || !malformed || !fine) throw new Error('three events were written')
  await pool.query(`update events set after = '{"title": 7}' where id = $1`, [malformed.id])
  const { runs, consumers } = decidingSync((id) => (id === refused.id ? moveToDeadLetters('never') : done))
  startWorker(installation, { serve, consumers, policies: { sync: quickPolicy() } })
  dispatcher.dispatch(events)
  await until(async () => (await countRows(pool, 'dead_letters')) === 2)
  await until(() => isFinished(installation))
  const { rows } = await pool.query('select event_id, attempts, error from dead_letters order by event_id')
  expect(rows).toEqual([
    { event_id: refused.id, attempts: 1, error: 'never' },
    { event_id: malformed.id, attempts: 1, error: expect.stringContaining('malformed: /after') },
  ])
  expect(runs.map(({ eventId }) => eventId).toSorted()).toEqual([refused.id, fine.id].toSorted())
  expect(lines.filter((line) => line.msg === 'attempt failed')).toEqual([])
})
