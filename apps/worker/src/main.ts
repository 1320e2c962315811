import { bumpGeneration, connectCache, createInvalidation } from '@goals-tasks/cache'
import { assertSchema, createClusterWatch, createDatabase, ensurePartitions, processRecord } from '@goals-tasks/db'
import { connectProducer, connectWorker, policies } from '@goals-tasks/events'
import { createLinkTokens, createMailer } from '@goals-tasks/mail'
import {
  createDatabaseMetrics,
  createOutageLog,
  createRedisOutageLogs,
  runProcess,
  startHeartbeat,
} from '@goals-tasks/observability'
import { loadWorkerConfig } from './config.ts'
import { createConsumers } from './consumers/create-consumers.ts'
import { createMailMetrics } from './consumers/email/metrics.ts'
import { createWebhookMetrics } from './consumers/sync/metrics.ts'
import { readiness } from './readiness.ts'
import { recordMailReceiver } from './record-mail-receiver.ts'
import { recordSyncReceiver } from './record-sync-receiver.ts'
import { refuseEviction } from './runtime/redis/memory.ts'
import { timings } from './runtime/timings.ts'
import { createWorker } from './worker.ts'

runProcess('worker', loadWorkerConfig, async ({ config, log, registry }) => {
  const outages = createRedisOutageLogs(log, {
    isOne: config.cache.sharesRedis,
    effects: { queues: 'events wait in Postgres', cache: 'invalidations wait' },
  })
  const cache = connectCache(config.cache.url, outages.cache.failed)
  cache.on('ready', outages.cache.ready)
  const voidCache = () => bumpGeneration({ redis: cache, prefix: config.cache.prefix })
  const clusterWatch = createClusterWatch({ voidCache, log })
  const postgresOutage = createOutageLog(log, 'Postgres', 'events wait in it')
  const { pool, close: closeDatabase } = createDatabase({
    ...config.database,
    name: 'goals-tasks worker',
    onError: (err) => log.debug({ err }, 'an idle connection to Postgres was lost'),
    outage: postgresOutage,
    onConnect: clusterWatch.check,
    observer: createDatabaseMetrics(registry),
  })
  const producer = connectProducer(config.redis.url, outages.queues.failed).on('ready', outages.queues.ready)
  const redis = { producer, worker: connectWorker(config.redis.url, outages.queues.failed) }
  const mailer = config.mail && config.consumers.includes('email') ? createMailer(config.mail) : undefined
  const tokens = createLinkTokens(config.webhooks.secretsKeys)
  const preparePostgres = async () => {
    await assertSchema(pool)
    await ensurePartitions(pool)
    if (config.consumers.includes('sync')) await recordSyncReceiver(pool, config.sync.url, log)
    if (config.consumers.includes('email')) await recordMailReceiver(pool, mailer !== undefined, log)
  }
  await Promise.all([
    preparePostgres(),
    refuseEviction(producer, (reason) => log.warn({ reason }, 'cannot read the eviction policy of Redis')),
  ])

  const { onOutcome, onHeld } = createMailMetrics(registry)
  const worker = createWorker({
    serve: config.consumers,
    consumers: createConsumers({
      invalidate: createInvalidation({ redis: cache, prefix: config.cache.prefix }),
      sync: { ...config.sync, ...config.webhooks, ...createWebhookMetrics(registry) },
      email: config.mail && mailer && tokens && { pool, mailer, tokens, ...config.mail, onOutcome },
      notifications: { onHeld },
    }),
    policies,
    timings,
    pool,
    postgresOutage,
    redis,
    queuePrefix: config.redis.queuePrefix,
    retentionDays: config.retentionDays,
    auditRetentionDays: config.auditRetentionDays,
    registry,
    log,
    onStuck(consumer, reason) {
      log.fatal({ consumer, reason }, 'the consumer is stuck; ending for a restart')
      process.exit(1)
    },
  })

  const facts = { role: 'worker', consumers: config.consumers, poolSize: config.database.poolSize }
  const heartbeat = startHeartbeat(processRecord(pool, facts), log, () => clusterWatch.check(pool))

  return {
    ready: () => readiness(pool, producer, config.redis.queuePrefix),
    // The worker runs already.
    listen: async () => ({ consumer: config.consumers }),
    async close() {
      await heartbeat.close()
      await worker.close()
      await mailer?.close()
      for (const connection of [redis.producer, redis.worker, cache]) connection.disconnect()
      await closeDatabase()
    },
  }
})
