import { ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished } from 'vitest'
import { createInstallation, type Installation } from './support/installation.ts'
import { queueOf } from './support/queue-of.ts'
import { countRows, makeDue, pendingDeliveries } from './support/rows.ts'
import { test } from './support/test.ts'
import { gatedInvalidation } from './support/test-consumers.ts'
import { quickPolicy, startWorker } from './support/test-worker.ts'
import { writeGoals } from './support/writer.ts'

const serve = ['audit-log'] as const
/** With a lease of one second the margin for clocks is half a second. */
const quick = { leaseMs: 1_000, sweepEveryMs: 20 }

const untilDone = ({ pool }: Installation, count: number) =>
  until(async () => expect(await countRows(pool, 'goal_audit_log')).toBe(count))
const enqueuedAgain = ({ lines }: Installation) =>
  lines.filter((line) => line.msg === 'events enqueued again').reduce((sum, line) => sum + Number(line.events), 0)

test('an event is enqueued once it is overdue when it was committed and never enqueued', async ({ installation }) => {
  await writeGoals(installation, 150)
  startWorker(installation, { serve, timings: quick })
  await until(() => installation.producer.status === 'ready')
  expect(await countRows(installation.pool, 'goal_audit_log')).toBe(0)
  await makeDue(installation.pool)
  await untilDone(installation, 150)
  expect(enqueuedAgain(installation)).toBe(150)
})

test('an event is enqueued once when two workers sweep', async ({ installation }) => {
  await writeGoals(installation, 300)
  await makeDue(installation.pool)
  startWorker(installation, { serve, timings: quick })
  startWorker(installation, { serve, timings: quick })
  await untilDone(installation, 300)
  expect(enqueuedAgain(installation)).toBe(300)
})

test('the sweeper refills a queue when its jobs were lost', async ({ installation }) => {
  installation.dispatcher.dispatch(await writeGoals(installation, 30))
  await installation.dispatcher.flush()
  const queue = queueOf(installation, 'audit-log')
  await queue.obliterate({ force: true })
  await makeDue(installation.pool)
  startWorker(installation, { serve, timings: quick })
  await untilDone(installation, 30)
})

test('the sweeper leaves waiting and running events to their jobs when all of them are overdue', async ({
  installation,
}) => {
  const { pool, dispatcher, lines } = installation
  const { consumers, state, open } = gatedInvalidation()
  onTestFinished(open)
  const served = 'cache-invalidation'
  const policies = { [served]: { ...quickPolicy(), concurrency: 1 } }
  startWorker(installation, { serve: [served], consumers, policies, timings: quick })
  // One job runs and holds its events, the others wait. Then everything becomes overdue.
  const events = await writeGoals(installation, 60)
  for (let i = 0; i < events.length; i += 10) {
    dispatcher.dispatch(events.slice(i, i + 10))
    await dispatcher.flush()
  }
  await until(() => state.started === 10)
  const queue = queueOf(installation, served)
  expect(await queue.getWaitingCount()).toBe(5)
  // The due times that these deliveries would have if they were committed a little before their jobs were added.
  const [oldest] = await queue.getJobs(['waiting'], 0, 0, true)
  const bornAt = oldest?.timestamp ?? 0
  await pool.query(`update deliveries set due_at = to_timestamp($1 / 1000.0)`, [bornAt + 750])
  // The running events are due before the oldest waiting job. Only their own job shows that they are in hand.
  await pool.query(`update deliveries set due_at = to_timestamp($1 / 1000.0) where event_id = any($2)`, [
    bornAt,
    events.slice(0, 10).map((event) => event.id),
  ])
  const emptySweeps = () => lines.filter((line) => line.msg === 'every overdue event still has its job').length
  await until(() => Date.now() > bornAt + 1_000)
  const before = emptySweeps()
  await until(() => emptySweeps() > before + 3)

  expect(await queue.getWaitingCount()).toBe(5)
  expect(enqueuedAgain(installation)).toBe(0)
  open()
  await until(async () => (await pendingDeliveries(pool))[served] === undefined)
})

test('a retry comes back under its own job id when a job of that id finished without its event', async ({
  installation,
}) => {
  const { pool } = installation
  const [event] = await writeGoals(installation, 1)
  if (!event) throw new Error('an event was written')
  const queue = queueOf(installation, 'audit-log')
  // A job whose delivery another worker holds completes without an effect, and its id stays taken.
  const jobId = `audit-log-${event.id}-2-r1`
  const worker = startWorker(installation, { serve })
  await pool.query(`update deliveries set consumer = 'hidden' where consumer = 'audit-log'`)
  await queue.add('goal:created', { events: [event] }, { jobId })
  await until(async () => (await queue.getJob(jobId))?.finishedOn)
  await worker.close()

  await pool.query(`update deliveries set consumer = 'audit-log', attempts = 2, replays = 1 where consumer = 'hidden'`)
  await makeDue(pool)
  startWorker(installation, { serve, timings: quick })
  await untilDone(installation, 1)
  // BullMQ records the end of a job after its transaction has committed.
  await until(async () => (await queue.getJob(jobId))?.returnvalue?.done === 1)
})

/** A paused queue with waiting jobs, on a Redis that uses three quarters of its memory. */
async function shortOfMemory(waiting: number) {
  const redis = await ownRedis()
  const installation = await createInstallation({ redisUrl: redis.url })
  const { producer } = installation
  await until(() => producer.status === 'ready')
  const queue = queueOf(installation, 'audit-log')
  await queue.pause()
  for (let i = 0; i < waiting; i++) await queue.add('goal:created', { events: [] })
  // The remaining quarter must hold what the workers need.
  await producer.setrange('filler', 30_000_000, 'x')
  const used = Number(/used_memory:(\d+)/.exec(await producer.info('memory'))?.[1])
  await producer.config('SET', 'maxmemory', Math.round(used / 0.75))
  await writeGoals(installation, 1)
  await makeDue(installation.pool)
  return { installation, queue }
}

test('the sweeper adds no job and logs that once when Redis is short of memory and jobs wait', async () => {
  const { installation, queue } = await shortOfMemory(1)
  startWorker(installation, { serve, timings: quick })
  const logged = () => installation.lines.filter((line) => line.msg === 'no room for overdue events')
  await until(() => logged().length > 0)
  expect(enqueuedAgain(installation)).toBe(0)
  await installation.producer.config('SET', 'maxmemory', '0')
  await queue.resume()
  await untilDone(installation, 1)
  expect(logged()).toMatchObject([{ level: 'warn', consumer: 'audit-log', waiting: 1 }])
})

test('the sweeper fills an empty queue when Redis is short of memory', async () => {
  const { installation, queue } = await shortOfMemory(0)
  startWorker(installation, { serve, timings: quick })
  await until(() => enqueuedAgain(installation) === 1)
  await queue.resume()
  await untilDone(installation, 1)
})

test('a delivery stays overdue until it is enqueued when Redis refuses its job', async () => {
  const [redis, master] = await Promise.all([ownRedis(), ownRedis()])
  const installation = await createInstallation({ redisUrl: redis.url })
  const { pool, producer, lines } = installation
  await until(() => producer.status === 'ready')
  await producer.replicaof('127.0.0.1', Number(new URL(master.url).port))
  await writeGoals(installation, 1)
  await makeDue(pool)
  startWorker(installation, { serve, timings: quick })
  await until(() => lines.some((line) => line.msg === 'the sweep failed'))
  // A lease would make the delivery due in a second.
  const longOverdue = `deliveries where consumer = 'audit-log' and due_at < now() - interval '3 seconds'`
  await until(async () => expect(await countRows(pool, longOverdue)).toBe(1))
  await producer.replicaof('NO', 'ONE')
  await untilDone(installation, 1)
})

test('deliveries are as long overdue as before when Redis refuses their jobs after the lease', async ({
  installation,
}) => {
  const { pool, producer, lines } = installation
  await until(() => producer.status === 'ready')
  const queue = queueOf(installation, 'audit-log')
  // Redis numbers the jobs with this key, and cannot while it is a list.
  await producer.lpush(queue.toKey('id'), 'no number')
  await writeGoals(installation, 3)
  await pool.query(`update deliveries set due_at = now() - interval '1 hour'`)
  await pool.query(`update deliveries set attempts = 1 where event_id = (select event_id from deliveries limit 1)`)
  startWorker(installation, { serve, timings: { ...quick, leaseMs: 600_000 } })
  const refusals = () => lines.filter(({ msg }) => msg === 'the sweep failed')
  await until(() => refusals().length > 0)
  const overdue = `deliveries where consumer = 'audit-log' and due_at < now() - interval '59 minutes'`
  await until(async () => expect(await countRows(pool, overdue)).toBe(3))
  await producer.del(queue.toKey('id'))
  await untilDone(installation, 3)
})

test('a delivery is snoozed with an error when its event is missing, and holds up no other', async ({
  installation,
}) => {
  const { pool, lines } = installation
  await writeGoals(installation, 1)
  await pool.query(`insert into deliveries (consumer, event_id) values ('audit-log', gen_random_uuid())`)
  await makeDue(pool)
  startWorker(installation, { serve, timings: quick })
  await untilDone(installation, 1)
  await until(() => lines.find((line) => line.level === 'error'))
  expect(lines.filter((line) => line.level === 'error')).toMatchObject([{ consumer: 'audit-log', events: 1 }])
})
