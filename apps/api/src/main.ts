import { connectCache, createCache, createRateLimiter } from '@goals-tasks/cache'
import {
  assertSchema,
  createCheckAfterCommit,
  createClusterWatch,
  createDatabase,
  ensurePartitions,
  openReplicaReads,
  processRecord,
} from '@goals-tasks/db'
import {
  connectProducer,
  createDispatcher,
  createFeedHints,
  findQueueWriteRefusal,
  findWriteRefusal,
  subscribeToFeedHints,
} from '@goals-tasks/events'
import { createListener, createVerifier, readiness } from '@goals-tasks/http'
import { createLinkTokens } from '@goals-tasks/mail/links'
import {
  createDatabaseMetrics,
  createOutageLog,
  createRedisOutageLogs,
  registerDispatcherMetrics,
  registerFeedHintMetrics,
  registerReplicaMetrics,
  runProcess,
  startHeartbeat,
} from '@goals-tasks/observability'
import { buildApp } from './app.ts'
import { fillContacts } from './authentication/contact-from-token.ts'
import { createCacheDeliveries } from './cache-deliveries.ts'
import { loadConfig } from './config.ts'
import { createDeps, createWebhookDeps } from './deps.ts'
import { createMeasuredPace } from './large-changes.ts'
import { createOverloadProtection } from './overload.ts'

runProcess('api', loadConfig, async ({ config, log, registry }) => {
  const outages = createRedisOutageLogs(log, {
    isOne: config.cache.sharesRedis,
    effects: { queues: 'events wait in Postgres', cache: 'every read asks Postgres' },
  })
  const cacheRedis = connectCache(config.cache.url, outages.cache.failed)
  cacheRedis.on('ready', outages.cache.ready)
  const cache = createCache({ redis: cacheRedis, prefix: config.cache.prefix, log, registry })
  const clusterWatch = createClusterWatch({ voidCache: () => cache.voidAll('Postgres was replaced'), log })
  const postgresOutage = createOutageLog(log, 'Postgres', 'every request gets 503')
  const { pool, close: closeDatabase } = createDatabase({
    ...config.database,
    name: 'goals-tasks api',
    // The only limit of a read, which is one statement.
    statementTimeoutMs: 15_000,
    // A request that waits for a lock occupies a connection.
    lockTimeoutMs: 3_000,
    onError: (err) => log.debug({ err }, 'an idle connection to Postgres was lost'),
    outage: postgresOutage,
    onConnect: clusterWatch.check,
    observer: createDatabaseMetrics(registry),
  })
  // Probes and the checks of the cluster have a connection of their own: a busy pool says nothing about Postgres.
  const probes = createDatabase({
    url: config.database.url,
    poolSize: 1,
    name: 'goals-tasks api probes',
    // The next probe waits for this one, so a statement without a response must not last.
    statementTimeoutMs: 1_000,
    onError: (err) => log.debug({ err }, 'an idle connection to Postgres was lost'),
  })
  const replica = openReplicaReads({
    ...{ primary: pool, replicaUrl: config.replicaUrl, poolSize: config.database.poolSize },
    name: 'goals-tasks api replica',
    onRead: (outcome) => replicaMetrics?.count(outcome),
  })
  const replicaMetrics = config.replicaUrl === undefined ? undefined : registerReplicaMetrics(registry, replica)
  // The servers answer while the application is built.
  const prepared = assertSchema(pool).then(() => ensurePartitions(pool))
  const redis = connectProducer(config.redis.url, outages.queues.failed).on('ready', outages.queues.ready)
  const feedRedis = connectProducer(config.redis.url, outages.queues.failed)
  const prefix = config.redis.queuePrefix
  const dispatcher = createDispatcher({ connection: redis, prefix, log })
  registerDispatcherMetrics(registry, dispatcher)
  const feedHints = createFeedHints({ connection: redis, prefix })
  registerFeedHintMetrics(registry, feedHints)
  const limiter = createRateLimiter({ redis: cacheRedis, prefix: config.cache.prefix, registry })
  const cacheDeliveries = createCacheDeliveries({ pool, dispatcher })
  const pace = createMeasuredPace(registry)
  const afterCommit = createCheckAfterCommit(probes.pool, {
    check: clusterWatch.check,
    onError: (err) => log.debug({ err }, 'the cluster of Postgres was not checked after a commit'),
  })
  const deps = createDeps({
    ...{ pool, reader: replica.reader, cache, dispatcher, cacheDeliveries, retentionDays: config.retentionDays },
    ...{ feedHints, pace, afterCommit },
    admission: createOverloadProtection({ pool, afterMs: config.overloadAfterMs, log, registry }),
    webhooks: createWebhookDeps(config.webhooks),
    apiKeys: { onError: (err) => log.debug({ err }, 'the last uses of API keys were not recorded') },
  })

  const building = buildApp(deps, {
    log,
    registry,
    verify: fillContacts(pool, createVerifier(config.auth), (err) =>
      log.debug({ err }, 'the contact in a token was not stored'),
    ),
    linkTokens: createLinkTokens(config.webhooks.secretsKeys),
    maxConnections: config.http.maxConnections,
    maxRequestsPerUser: config.http.maxRequestsPerUser,
    fairTurns: {},
    corsOrigins: config.http.corsOrigins,
    trustProxy: config.http.trustProxy,
    publicUrl: config.http.publicUrl,
    isOutageLogged: postgresOutage.isAway,
    rateLimit: config.rateLimits && { limits: config.rateLimits, limiter },
    shutdownTimeoutMs: config.shutdownTimeoutMs,
    subscribeToHints: (listeners) => subscribeToFeedHints({ connection: feedRedis, prefix }, listeners),
  })
  const [app] = await Promise.all([building, prepared])

  const facts = { role: 'api', consumers: [], poolSize: config.database.poolSize + 1 }
  const heartbeat = startHeartbeat(processRecord(pool, facts), log, () => clusterWatch.check(pool))
  const listener = createListener(app)

  return {
    ready: () =>
      readiness(probes.pool, {
        redis: () => findQueueWriteRefusal(redis, prefix),
        cache: () => findWriteRefusal(cacheRedis, config.cache.prefix),
      }),
    listen: () => listener.listen(config.http),
    async close() {
      await heartbeat.close()
      pace.close()
      await listener.close()
      // Only now are all writes done, so these flushes take the last of them.
      await cacheDeliveries.close()
      await deps.apiKeys.close()
      await dispatcher.close()
      await cache.close()
      for (const connection of [redis, feedRedis, cacheRedis]) connection.disconnect()
      await Promise.all([closeDatabase(), probes.close(), replica.close()])
    },
  }
})
