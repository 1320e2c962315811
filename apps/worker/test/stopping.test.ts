import { freshDatabase, ownRedis, startProcess } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import type { External } from '../src/consumers/types.ts'
import { createInstallation, pendingDeliveries, queueOf, startWorker, writeGoals } from './harness.ts'

for (const [what, leave] of [
  ['gone', 'stop'],
  ['hung', 'pause'],
] as const) {
  test(`a worker whose Redis is ${what} stops by itself, long before its deadline`, async () => {
    const redis = await ownRedis()
    const { url } = await freshDatabase()
    const worker = startProcess('apps/worker/src/main.ts', {
      DATABASE_URL: url,
      REDIS_URL: redis.url,
      WORKER_SHUTDOWN_TIMEOUT_MS: '25000',
    })
    await worker.waitForLog((line) => line.msg === 'ready')
    await redis[leave]()
    if (leave === 'stop') await worker.waitForLog((line) => line.msg === 'redis is away')
    worker.kill('SIGTERM')
    // A worker that its deadline ends leaves with the code 1.
    expect(await worker.exit).toEqual({ code: 0, signal: null })
    expect(worker.logs.at(-1)?.msg).toBe('stopped')
  })
}

for (const there of [true, false]) {
  test(`a job that runs when its worker stops is finished first, with Redis ${there ? 'there' : 'away'}`, async () => {
    const redis = await ownRedis()
    const on = await createInstallation({ redisUrl: redis.url })
    const { consumer, begun, release } = slowConsumer()
    const busy = startWorker(on, { serve: ['sync'], consumers: { sync: consumer } })
    const idle = startWorker(on, { serve: ['audit-log'] })
    on.dispatcher.dispatch(await writeGoals(on, 1))
    await begun
    if (!there) await redis.stop()

    let closed = false
    const closing = busy.close().then(() => {
      closed = true
    })
    // The other one has no reason to wait; by the time that it is closed this one would be, too.
    await idle.close()
    expect(closed).toBe(false)
    release()
    await closing
    expect(await pendingDeliveries(on.pool)).not.toHaveProperty('sync')
    if (there) expect(await queueOf(on, 'sync').getJobCountByTypes('completed')).toBe(1)
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
      return 'done'
    },
  }
  return { consumer, begun: begun.promise, release: released.resolve }
}
