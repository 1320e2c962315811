import { connectCache, createCache } from '@goals-tasks/cache'
import { assertSchema, createDatabase, ensurePartitions } from '@goals-tasks/db'
import { connectProducer, createDispatcher } from '@goals-tasks/events'
import { createVerifier, readiness } from '@goals-tasks/http'
import { createLogger, createRegistry, serveUntilStopped, startOrExit, throttled } from '@goals-tasks/observability'
import { buildApp } from './app.ts'
import { loadConfig } from './config.ts'
import { createDeps } from './deps.ts'

await startOrExit(async () => {
  const config = loadConfig()
  const log = createLogger('api', config.logLevel)
  const registry = createRegistry()

  const database = createDatabase({
    ...config.database,
    name: 'goals-tasks api',
    // The only limit of a read, which is one statement.
    statementTimeoutMs: 15_000,
    onError: (err) => log.warn({ err }, 'an idle database connection was lost'),
  })
  await assertSchema(database.pool)
  await ensurePartitions(database.pool)
  const redis = connectProducer(
    config.redis.url,
    throttled(10_000, (err: Error) => log.warn({ err }, 'redis is away; events wait in postgres')),
  )
  const dispatcher = createDispatcher({ connection: redis, prefix: config.redis.queuePrefix, log })

  const cacheRedis = connectCache(
    config.cache.url,
    throttled(10_000, (err: Error) => log.warn({ err }, 'the redis of the cache is away; every read asks postgres')),
  )
  const cache = createCache({ redis: cacheRedis, prefix: config.cache.prefix, log, registry })
  const deps = createDeps({ pool: database.pool, cache, dispatcher, retentionDays: config.retentionDays })
  const app = await buildApp(deps, {
    log,
    registry,
    verify: createVerifier(config.auth),
    corsOrigins: config.http.corsOrigins,
    trustProxy: config.http.trustProxy,
  })

  await serveUntilStopped({
    log,
    registry,
    host: config.host,
    probePort: config.probePort,
    shutdownTimeoutMs: config.shutdownTimeoutMs,
    ready: () => readiness(database.pool, { redis, cache: cacheRedis }),
    async close() {
      await app.close()
      // Only now are all writes done, so this flush takes the last of them.
      await dispatcher.close()
      await cache.close()
      for (const connection of [redis, cacheRedis]) connection.disconnect()
      await database.close()
    },
  })

  await app.listen({ host: config.http.host, port: config.http.port })
  const address = app.server.address()
  log.info({ port: typeof address === 'object' ? address?.port : undefined }, 'ready')
})
