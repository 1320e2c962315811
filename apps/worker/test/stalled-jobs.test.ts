import { until } from '@goals-tasks/devstack/testing'
import { type CommittedEvent, connectWorker, queuePrefix } from '@goals-tasks/events'
import { Worker } from 'bullmq'
import { expect, test } from 'vitest'
import { countRows, createInstallation, type Installation, queueOf, startWorker, writeGoals } from './harness.ts'

const serve = ['audit-log'] as const

async function enqueueGoals(on: Installation, count: number): Promise<CommittedEvent[]> {
  const events = await writeGoals(on, count)
  on.dispatcher.dispatch(events)
  await on.dispatcher.flush()
  return events
}

/** Takes jobs, never gets anywhere and never renews its locks: what a job sees of workers that die, one after the other. */
async function stallOut(on: Installation): Promise<void> {
  const queue = queueOf(on, 'audit-log')
  const connection = connectWorker(on.redisUrl, () => undefined)
  const dying = new Worker('audit-log', () => new Promise(() => undefined), {
    connection,
    prefix: queuePrefix(on.prefix, 'audit-log'),
    concurrency: 10,
    lockDuration: 50,
    stalledInterval: 50,
    maxStalledCount: 3,
    skipLockRenewal: true,
  })
  dying.on('error', () => undefined)
  await until(async () => (await queue.getJobCountByTypes('failed')) === 1)
  await dying.close(true)
  connection.disconnect()
}

test('a batch that stalled out is split, and each of its events is done', async () => {
  const on = await createInstallation()
  await enqueueGoals(on, 5)
  await stallOut(on)
  startWorker(on, { serve })
  await until(async () => (await countRows(on.pool, 'goal_audit_log')) === 5)
  expect(on.lines).toContainEqual(expect.objectContaining({ msg: 'a batch is split', events: 5 }))
  expect(await queueOf(on, 'audit-log').getJobCountByTypes('failed')).toBe(0)
})

test('a single event that stalled out is given up', async () => {
  const on = await createInstallation()
  const [event] = await enqueueGoals(on, 1)
  await stallOut(on)
  startWorker(on, { serve })
  await until(async () => (await countRows(on.pool, 'dead_letters')) === 1)
  const { rows } = await on.pool.query('select event_id, error from dead_letters')
  expect(rows).toEqual([
    { event_id: event?.id, error: expect.stringContaining('job stalled more than allowable limit') },
  ])
  expect(await countRows(on.pool, 'goal_audit_log')).toBe(0)
})

test('a worker that sees a job stall out deals with it at once', async () => {
  const on = await createInstallation()
  await enqueueGoals(on, 3)
  const queue = queueOf(on, 'audit-log')
  const [job] = await queue.getJobs(['waiting'])
  // What BullMQ notes on a job that stalled too often, for the next worker to fail it.
  await on.producer.hset(queue.toKey(job?.id ?? ''), 'defa', 'job stalled more than allowable limit')
  startWorker(on, { serve, timings: { reviewDeadEveryMs: 60_000 } })
  await until(async () => (await countRows(on.pool, 'goal_audit_log')) === 3)
  await until(async () => (await queue.getJobCountByTypes('failed')) === 0)
})
