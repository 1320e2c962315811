import { connectCache } from '@goals-tasks/cache'
import { assertSchema, createDatabase, processRecord } from '@goals-tasks/db'
import { connectProducer } from '@goals-tasks/events'
import { createVerifier, readiness } from '@goals-tasks/http'
import {
  createDatabaseMetrics,
  createOutageLog,
  createRedisOutageLogs,
  runProcess,
  startHeartbeat,
} from '@goals-tasks/observability'
import {
  createDeliveryLook,
  findMissingConsumers,
  loadClusterStatus,
  loadStatus,
  openQueues,
} from '@goals-tasks/operations'
import { buildOps } from './app.ts'
import { loadOpsConfig } from './config.ts'
import { createSessions } from './login/session.ts'
import { createScalingLook } from './scaling/look.ts'
import { registerScalingMetrics } from './scaling/metrics.ts'
import { withConsumers } from './status/consumer-readiness.ts'
import { registerStatusMetrics } from './status/metrics.ts'
import { readyForAll } from './status/ready-for-all.ts'
import { shareWhilePending } from './status/share-while-pending.ts'

runProcess('ops', loadOpsConfig, async ({ config, log, registry }) => {
  const postgresOutage = createOutageLog(log, 'Postgres', 'dead letters and the status wait for it')
  const database = createDatabase({
    ...config.database,
    name: 'goals-tasks ops',
    onError: (err) => log.debug({ err }, 'an idle connection to Postgres was lost'),
    outage: postgresOutage,
    observer: createDatabaseMetrics(registry),
  })
  const { pool } = database
  // The servers answer while the application is built.
  const prepared = assertSchema(pool)
  const outages = createRedisOutageLogs(log, {
    isOne: config.cache.sharesRedis,
    effects: { queues: 'Bull Board waits for it', cache: 'the check of the integrity leaves the cache out' },
  })
  const redis = connectProducer(config.redis.url, outages.queues.failed).on('ready', outages.queues.ready)
  const cacheRedis = connectCache(config.cache.url, outages.cache.failed)
  cacheRedis.on('ready', outages.cache.ready)
  const queues = openQueues(redis, config.redis.queuePrefix)
  const lookAtDeliveries = createDeliveryLook()
  const lookAtStatus = shareWhilePending(() => loadStatus({ pool, queues, lookAtDeliveries }))
  registerStatusMetrics(registry, { loadStatus: lookAtStatus, loadCluster: () => loadClusterStatus(pool), log })
  const lookAtScaling = createScalingLook({ lookAtStatus, queues, log })
  registerScalingMetrics(registry, lookAtScaling)

  const verify = createVerifier(config.auth)
  const sessions = createSessions(config.sessionSecret)
  const { production, trustProxy, shutdownTimeoutMs } = config
  const building = buildOps({
    ...{ pool, queues, log, registry, verify, sessions, production, trustProxy, shutdownTimeoutMs },
    isOutageLogged: () => postgresOutage.isAway() || outages.queues.isAway(),
    cache: { redis: cacheRedis, prefix: config.cache.prefix },
    lookAtScaling,
  })
  const [app] = await Promise.all([building, prepared])

  const ownReadiness = () =>
    withConsumers(readiness(pool, { redis: queues.findWriteRefusal }), {
      findMissing: () => findMissingConsumers(pool),
      isRequired: config.readyUrls.length > 0,
    })
  const facts = { role: 'ops', consumers: [], poolSize: config.database.poolSize }
  const heartbeat = startHeartbeat(processRecord(pool, facts), log)

  return {
    ready: async () => readyForAll(await ownReadiness(), config.readyUrls),
    async listen() {
      await app.listen(config.http)
      return { port: config.http.port }
    },
    async close() {
      await heartbeat.close()
      await app.close()
      await queues.close()
      redis.disconnect()
      cacheRedis.disconnect()
      await database.close()
    },
  }
})
