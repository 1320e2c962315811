import { freshDatabase, ownRedis, startProcess } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import type { External } from '../src/consumers/contract.ts'
import { done } from '../src/consumers/results.ts'
import { createInstallation } from './support/installation.ts'
import { queueOf } from './support/queue-of.ts'
import { pendingDeliveries } from './support/rows.ts'
import { test } from './support/test.ts'
import { startWorker } from './support/test-worker.ts'
import { writeGoals } from './support/writer.ts'

for (const [state, failure] of [
  ['away', 'stop'],
  ['hung', 'pause'],
] as const) {
  test(`a worker stops by itself long before its deadline when its Redis is ${state}`, async () => {
    const redis = await ownRedis()
    const { url } = await freshDatabase()
    const worker = startProcess('apps/worker/src/main.ts', {
      DATABASE_URL: url,
      REDIS_URL: redis.url,
      WORKER_SHUTDOWN_TIMEOUT_MS: '25000',
    })
    await worker.waitForLog((line) => line.msg === 'ready')
    await redis[failure]()
    if (failure === 'stop') await worker.waitForLog((line) => line.msg?.startsWith('Redis does not answer') ?? false)
    worker.kill('SIGTERM')
    // A worker that reached its deadline would exit with code 1.
    expect(await worker.exit).toEqual({ code: 0, signal: null })
    expect(worker.logs.at(-1)?.msg).toBe('stopped')
  })
}

for (const isRedisUp of [true, false]) {
  test(`a running job finishes before its worker stops when Redis is ${isRedisUp ? 'up' : 'away'}`, async () => {
    const redis = await ownRedis()
    const installation = await createInstallation({ redisUrl: redis.url })
    const { consumer, begun, release } = slowConsumer()
    const busy = startWorker(installation, { serve: ['sync'], consumers: { sync: consumer } })
    const idle = startWorker(installation, { serve: ['audit-log'] })
    installation.dispatcher.dispatch(await writeGoals(installation, 1))
    await begun
    if (!isRedisUp) await redis.stop()

    let closed = false
    const closing = busy.close().then(() => {
      closed = true
    })
    // The idle worker has no job to wait for. A busy worker that did not wait would be closed by then, too.
    await idle.close()
    expect(closed).toBe(false)
    release()
    await closing
    expect(await pendingDeliveries(installation.pool)).not.toHaveProperty('sync')
    if (isRedisUp) expect(await queueOf(installation, 'sync').getJobCountByTypes('completed')).toBe(1)
  })
}

function slowConsumer() {
  const begun = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const consumer: External<'sync'> = {
    kind: 'external',
    async run() {
      begun.resolve()
      await released.promise
      return done
    },
  }
  return { consumer, begun: begun.promise, release: released.resolve }
}
