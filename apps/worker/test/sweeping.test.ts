import { ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished, test } from 'vitest'
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

const serve = ['audit-log'] as const
/** With a lease of one second the margin for clocks is half of it. */
const quick = { leaseMs: 1_000, sweepEveryMs: 20 }

const makeDue = (on: Installation) => on.pool.query(`update deliveries set due_at = now() - interval '1 second'`)
const done = (on: Installation, count: number) =>
  until(async () => expect(await countRows(on.pool, 'goal_audit_log')).toBe(count))
const enqueuedAgain = (on: Installation) =>
  on.lines.filter((line) => line.msg === 'events enqueued again').reduce((sum, line) => sum + Number(line.events), 0)

/** A consumer whose effects wait until they are let, and which holds no lock meanwhile. */
function gated() {
  const gate = Promise.withResolvers<void>()
  const state = { started: 0 }
  const consumers: Partial<Consumers> = {
    'cache-invalidation': {
      kind: 'external',
      async run() {
        state.started++
        await gate.promise
        return 'done'
      },
    },
  }
  return { state, consumers, open: () => gate.resolve() }
}

test('an event that was committed and never enqueued is enqueued once it is overdue', async () => {
  const on = await createInstallation()
  await writeGoals(on, 150)
  startWorker(on, { serve, timings: quick })
  await until(() => on.producer.status === 'ready')
  expect(await countRows(on.pool, 'goal_audit_log')).toBe(0)
  await makeDue(on)
  await done(on, 150)
  expect(enqueuedAgain(on)).toBe(150)
})

test('two workers do not enqueue the same event twice', async () => {
  const on = await createInstallation()
  await writeGoals(on, 300)
  await makeDue(on)
  startWorker(on, { serve, timings: quick })
  startWorker(on, { serve, timings: quick })
  await done(on, 300)
  expect(enqueuedAgain(on)).toBe(300)
})

test('a queue that was emptied is filled again', async () => {
  const on = await createInstallation()
  on.dispatcher.dispatch(await writeGoals(on, 30))
  await on.dispatcher.flush()
  const queue = queueOf(on, 'audit-log')
  await queue.obliterate({ force: true })
  await makeDue(on)
  startWorker(on, { serve, timings: quick })
  await done(on, 30)
})

test('a backlog is never enqueued again, however late it is, nor is what runs', async () => {
  const on = await createInstallation()
  const { consumers, state, open } = gated()
  onTestFinished(open)
  const served = 'cache-invalidation'
  const policies = { [served]: { ...hasty(), concurrency: 1 } }
  startWorker(on, { serve: [served], consumers, policies, timings: quick })
  // One job runs and holds its events, the others wait; then everything becomes overdue.
  const events = await writeGoals(on, 60)
  for (let i = 0; i < events.length; i += 10) {
    on.dispatcher.dispatch(events.slice(i, i + 10))
    await on.dispatcher.flush()
  }
  await until(() => state.started === 10)
  const queue = queueOf(on, served)
  expect(await queue.getWaitingCount()).toBe(5)
  // As time would have it, had their commits come a little before the jobs.
  const [oldest] = await queue.getJobs(['waiting'], 0, 0, true)
  const bornAt = oldest?.timestamp ?? 0
  await on.pool.query(`update deliveries set due_at = to_timestamp($1 / 1000.0)`, [bornAt + 750])
  // The running ones began before: only their job tells that they are at work.
  await on.pool.query(`update deliveries set due_at = to_timestamp($1 / 1000.0) where event_id = any($2)`, [
    bornAt,
    events.slice(0, 10).map((event) => event.id),
  ])
  const lookedInVain = () => on.lines.filter((line) => line.msg === 'what is overdue still has its job').length
  await until(() => Date.now() > bornAt + 1_000)
  const before = lookedInVain()
  await until(() => lookedInVain() > before + 3)

  expect(await queue.getWaitingCount()).toBe(5)
  expect(enqueuedAgain(on)).toBe(0)
  open()
  await until(async () => (await pendingDeliveries(on.pool))[served] === undefined)
})

test('what failed before comes back under the id of its own retry, also when such a job had run in vain', async () => {
  const on = await createInstallation()
  const [event] = await writeGoals(on, 1)
  if (!event) throw new Error('an event was written')
  const queue = queueOf(on, 'audit-log')
  // A job that found its delivery in other hands ends as completed, and its id stays taken.
  const jobId = `audit-log-${event.id}-2-r1`
  const worker = startWorker(on, { serve })
  await on.pool.query(`update deliveries set consumer = 'hidden' where consumer = 'audit-log'`)
  await queue.add('goal:created', { events: [event] }, { jobId })
  await until(async () => (await queue.getJob(jobId))?.finishedOn)
  await worker.close()

  await on.pool.query(
    `update deliveries set consumer = 'audit-log', attempts = 2, replays = 1 where consumer = 'hidden'`,
  )
  await makeDue(on)
  startWorker(on, { serve, timings: quick })
  await done(on, 1)
  expect((await queue.getJob(jobId))?.returnvalue).toMatchObject({ done: 1 })
})

/** Jobs that nobody takes, and a Redis that uses three quarters of its memory. */
async function shortOfMemory(waiting: number) {
  const redis = await ownRedis()
  const on = await createInstallation({ redisUrl: redis.url })
  await until(() => on.producer.status === 'ready')
  const queue = queueOf(on, 'audit-log')
  await queue.pause()
  for (let i = 0; i < waiting; i++) await queue.add('goal:created', { events: [] })
  // Large enough for the rest to hold what workers need.
  await on.producer.setrange('filler', 30_000_000, 'x')
  const used = Number(/used_memory:(\d+)/.exec(await on.producer.info('memory'))?.[1])
  await on.producer.config('SET', 'maxmemory', Math.round(used / 0.75))
  await writeGoals(on, 1)
  await makeDue(on)
  return { on, queue }
}

test('a Redis short of memory gets no more while jobs wait, and that is told once', async () => {
  const { on, queue } = await shortOfMemory(1)
  startWorker(on, { serve, timings: quick })
  const told = () => on.lines.filter((line) => line.msg === 'no room for overdue events')
  await until(() => told().length > 0)
  expect(enqueuedAgain(on)).toBe(0)
  await on.producer.config('SET', 'maxmemory', '0')
  await queue.resume()
  await done(on, 1)
  expect(told()).toMatchObject([{ level: 'warn', consumer: 'audit-log', waiting: 1 }])
})

test('an empty queue takes what is overdue however short the memory is', async () => {
  const { on, queue } = await shortOfMemory(0)
  startWorker(on, { serve, timings: quick })
  await until(() => enqueuedAgain(on) === 1)
  await queue.resume()
  await done(on, 1)
})

test('a delivery whose event is missing is put aside with an error, and holds up nobody', async () => {
  const on = await createInstallation()
  await writeGoals(on, 1)
  await on.pool.query(`insert into deliveries (consumer, event_id) values ('audit-log', gen_random_uuid())`)
  await makeDue(on)
  startWorker(on, { serve, timings: quick })
  await done(on, 1)
  await until(() => on.lines.find((line) => line.level === 'error'))
  expect(on.lines.filter((line) => line.level === 'error')).toMatchObject([{ consumer: 'audit-log', events: 1 }])
})
