import { connectCache, createCache } from '@goals-tasks/cache'
import { assertSchema, createDatabase, ensurePartitions } from '@goals-tasks/db'
import { connectProducer, createDispatcher, findQueueWriteRefusal, findWriteRefusal } from '@goals-tasks/events'
import { createVerifier, readiness } from '@goals-tasks/http'
import { createOutageLog, registerDispatcherMetrics, runProcess } from '@goals-tasks/observability'
import { buildApp } from './app.ts'
import { createCacheDeliveries } from './cache-deliveries.ts'
import { loadConfig } from './config.ts'
import { createDeps } from './deps.ts'

await runProcess('api', loadConfig, async ({ config, log, registry }) => {
  const { pool, close: closeDatabase } = createDatabase({
    ...config.database,
    name: 'goals-tasks api',
    // The only limit of a read, which is one statement.
    statementTimeoutMs: 15_000,
    // A request that waits for a lock occupies a connection.
    lockTimeoutMs: 3_000,
    onError: (err) => log.debug({ err }, 'an idle connection to Postgres was lost'),
    outage: createOutageLog(log, 'Postgres', 'every request gets 503'),
  })
  await assertSchema(pool)
  await ensurePartitions(pool)
  const redisOutage = createOutageLog(log, 'Redis', 'events wait in Postgres')
  const redis = connectProducer(config.redis.url, redisOutage.failed).on('ready', redisOutage.ready)
  const cacheOutage = createOutageLog(log, 'the Redis of the cache', 'every read asks Postgres')
  const cacheRedis = connectCache(config.cache.url, cacheOutage.failed)
  cacheRedis.on('ready', cacheOutage.ready)
  const dispatcher = createDispatcher({ connection: redis, prefix: config.redis.queuePrefix, log })
  registerDispatcherMetrics(registry, dispatcher)
  const cache = createCache({ redis: cacheRedis, prefix: config.cache.prefix, log, registry })
  const cacheDeliveries = createCacheDeliveries({ pool, dispatcher })
  const deps = createDeps({ pool, cache, dispatcher, cacheDeliveries, retentionDays: config.retentionDays })

  const app = await buildApp(deps, {
    log,
    registry,
    verify: createVerifier(config.auth),
    corsOrigins: config.http.corsOrigins,
    trustProxy: config.http.trustProxy,
    publicUrl: config.http.publicUrl,
    shutdownTimeoutMs: config.shutdownTimeoutMs,
  })

  return {
    ready: () =>
      readiness(pool, {
        redis: () => findQueueWriteRefusal(redis, config.redis.queuePrefix),
        cache: () => findWriteRefusal(cacheRedis, config.cache.prefix),
      }),
    async listen() {
      await app.listen({ host: config.http.host, port: config.http.port })
      const address = app.server.address()
      return { port: typeof address === 'object' ? address?.port : undefined }
    },
    async close() {
      await app.close()
      // Only now are all writes done, so these flushes take the last of them.
      await cacheDeliveries.close()
      await deps.apiKeys.close()
      await dispatcher.close()
      await cache.close()
      for (const connection of [redis, cacheRedis]) connection.disconnect()
      await closeDatabase()
    },
  }
})
