import { ownRedis, startTcpProxy, until } from '@goals-tasks/devstack/testing'
import { connectProducer } from '@goals-tasks/events'
import { expect, onTestFinished, test } from 'vitest'
import { createInstallation, type Installation } from '../support/installation.ts'
import { countRows, makeDue, untilDrained } from '../support/rows.ts'
import { startWorker } from '../support/test-worker.ts'
import { writeGoals } from '../support/writer.ts'

/** Starts a worker whose connections to `redis` go through a proxy, and lets it handle an event on each of them. */
async function startBehindProxy(redis: { url: string }) {
  const proxy = await startTcpProxy(redis.url)
  const installation = await createInstallation({ redisUrl: proxy.url })
  await until(() => installation.producer.status === 'ready')
  startWorker(installation, { timings: { leaseMs: 1_000, sweepEveryMs: 100 } })
  installation.dispatcher.dispatch(await writeGoals(installation, 1))
  await untilDrained(installation)
  return { proxy, installation }
}

/** Writes and dispatches goals whose deliveries are overdue at once. */
async function dispatchOverdue(installation: Installation, count: number): Promise<void> {
  installation.dispatcher.dispatch(await writeGoals(installation, count))
  await makeDue(installation.pool)
}

test('all events are handled when Redis becomes a replica and its connections stay open', async () => {
  const [old, next] = await Promise.all([ownRedis(), ownRedis()])
  const { proxy, installation } = await startBehindProxy(old)
  const admin = connectProducer(old.url, () => undefined)
  onTestFinished(() => admin.disconnect())
  await until(() => admin.status === 'ready')
  await admin.replicaof('127.0.0.1', Number(new URL(next.url).port))
  proxy.pointTo(next.url)
  await dispatchOverdue(installation, 20)
  await untilDrained(installation)
  expect(await countRows(installation.pool, 'goal_audit_log')).toBe(21)
  expect(await countRows(installation.pool, 'dead_letters')).toBe(0)
})

test('all events are handled when every connection to Redis dies without a word', async () => {
  const { proxy, installation } = await startBehindProxy(await ownRedis())
  proxy.freeze()
  await dispatchOverdue(installation, 20)
  await untilDrained(installation)
  expect(await countRows(installation.pool, 'goal_audit_log')).toBe(21)
})
