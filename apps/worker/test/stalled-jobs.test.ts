import { until } from '@goals-tasks/devstack/testing'
import { type CommittedEvent, connectWorker, queuePrefix } from '@goals-tasks/events'
import { Worker } from 'bullmq'
import { expect } from 'vitest'
import type { Installation } from './support/installation.ts'
import { queueOf } from './support/queue-of.ts'
import { countRows } from './support/rows.ts'
import { test } from './support/test.ts'
import { startWorker } from './support/test-worker.ts'
import { writeGoals } from './support/writer.ts'

const serve = ['audit-log'] as const

async function enqueueGoals(installation: Installation, count: number): Promise<CommittedEvent[]> {
  const events = await writeGoals(installation, count)
  installation.dispatcher.dispatch(events)
  await installation.dispatcher.flush()
  return events
}

/** Takes the job, never finishes it and never renews its lock: the job looks as if its workers died one by one. */
async function stallOut(installation: Installation): Promise<void> {
  const queue = queueOf(installation, 'audit-log')
  const connection = connectWorker(installation.redisUrl, () => undefined)
  const dying = new Worker('audit-log', () => new Promise(() => undefined), {
    connection,
    prefix: queuePrefix(installation.prefix, 'audit-log'),
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

test('a batch is split and each of its events is done when it stalled out', async ({ installation }) => {
  await enqueueGoals(installation, 5)
  await stallOut(installation)
  startWorker(installation, { serve })
  await until(async () => (await countRows(installation.pool, 'goal_audit_log')) === 5)
  expect(installation.lines).toContainEqual(
    expect.objectContaining({ msg: 'a stalled job is split into one job per event', events: 5 }),
  )
  expect(await queueOf(installation, 'audit-log').getJobCountByTypes('failed')).toBe(0)
})

test('a single event becomes a dead letter when its job stalled out', async ({ installation }) => {
  const { pool } = installation
  const [event] = await enqueueGoals(installation, 1)
  await stallOut(installation)
  startWorker(installation, { serve })
  await until(async () => (await countRows(pool, 'dead_letters')) === 1)
  const { rows } = await pool.query('select event_id, error from dead_letters')
  expect(rows).toEqual([
    { event_id: event?.id, error: expect.stringContaining('job stalled more than allowable limit') },
  ])
  expect(await countRows(pool, 'goal_audit_log')).toBe(0)
})

test('a worker resolves a job at once when it sees the job stall out', async ({ installation }) => {
  await enqueueGoals(installation, 3)
  const queue = queueOf(installation, 'audit-log')
  const [job] = await queue.getJobs(['waiting'])
  // BullMQ writes this field to a job that stalled too often. The next worker that takes the job fails it.
  await installation.producer.hset(queue.toKey(job?.id ?? ''), 'defa', 'job stalled more than allowable limit')
  startWorker(installation, { serve, timings: { reviewDeadEveryMs: 60_000 } })
  await until(async () => (await countRows(installation.pool, 'goal_audit_log')) === 3)
  await until(async () => (await queue.getJobCountByTypes('failed')) === 0)
})
