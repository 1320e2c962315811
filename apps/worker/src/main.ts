import { connectCache, createInvalidation } from '@goals-tasks/cache'
import { assertSchema, createDatabase, ensurePartitions } from '@goals-tasks/db'
import { connectProducer, connectWorker, policies } from '@goals-tasks/events'
import { createLogger, createRegistry, serveUntilStopped, startOrExit, throttled } from '@goals-tasks/observability'
import { loadWorkerConfig } from './config.ts'
import { createConsumers } from './consumers/create-consumers.ts'
import { readiness } from './readiness.ts'
import { refuseEviction } from './runtime/redis/memory.ts'
import { timings } from './runtime/timings.ts'
import { createWorker } from './worker.ts'

await startOrExit(async () => {
  const config = loadWorkerConfig()
  const log = createLogger('worker', config.logLevel)
  const registry = createRegistry()
  const tell = (what: string) => throttled(10_000, (err: Error) => log.warn({ err }, what))

  const { pool, close: closeDatabase } = createDatabase({
    ...config.database,
    name: 'goals-tasks worker',
    onError: tell('a database connection was lost'),
  })
  await assertSchema(pool)
  await ensurePartitions(pool)
  const producer = connectProducer(config.redis.url, tell('redis is away'))
  const redis = { producer, worker: connectWorker(config.redis.url, tell('redis is away')) }
  const cache = connectCache(config.cache.url, tell('the redis of the cache is away'))
  await refuseEviction(redis.producer, (why) => log.warn({ why }, 'cannot see whether redis evicts'))

  const worker = createWorker({
    serve: config.consumers,
    consumers: createConsumers({
      invalidate: createInvalidation({ redis: cache, prefix: config.cache.prefix }),
      sync: config.sync,
    }),
    policies,
    timings,
    pool,
    redis,
    queuePrefix: config.redis.queuePrefix,
    retentionDays: config.retentionDays,
    registry,
    log,
    onStuck(consumer) {
      log.fatal({ consumer }, 'stuck: there are jobs and none finishes; exiting to be restarted')
      process.exit(1)
    },
  })

  await serveUntilStopped({
    log,
    registry,
    host: config.host,
    probePort: config.probePort,
    shutdownTimeoutMs: config.shutdownTimeoutMs,
    ready: () => readiness(pool, producer),
    async close() {
      await worker.close()
      for (const connection of [redis.producer, redis.worker, cache]) connection.disconnect()
      await closeDatabase()
    },
  })
  log.info({ consumer: config.consumers }, 'ready')
})
