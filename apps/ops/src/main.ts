import { assertSchema, createDatabase } from '@goals-tasks/db'
import { connectProducer } from '@goals-tasks/events'
import { createVerifier, readiness } from '@goals-tasks/http'
import { createLogger, createRegistry, serveUntilStopped, startOrExit, throttled } from '@goals-tasks/observability'
import { loadStatus, openQueues } from '@goals-tasks/operations'
import { buildOps } from './app.ts'
import { loadOpsConfig } from './config.ts'
import { createSessions } from './login/session.ts'
import { registerStatusMetrics } from './status/metrics.ts'
import { readyForAll } from './status/ready-for-all.ts'

await startOrExit(async () => {
  const config = loadOpsConfig()
  const log = createLogger('ops', config.logLevel)
  const registry = createRegistry()

  const onLost = (err: Error) => log.warn({ err }, 'an idle database connection was lost')
  const database = createDatabase({ ...config.database, name: 'goals-tasks ops', onError: onLost })
  await assertSchema(database.pool)
  const redis = connectProducer(
    config.redis.url,
    throttled(10_000, (err: Error) => log.warn({ err }, 'Redis is away; Bull Board waits for it')),
  )
  const queues = openQueues(redis, config.redis.queuePrefix)
  const { pool } = database
  registerStatusMetrics(registry, () => loadStatus({ pool, queues }), log)

  const verify = createVerifier(config.auth)
  const sessions = createSessions(config.sessionSecret)
  const app = await buildOps({ pool, queues, log, registry, verify, sessions, production: config.production })

  await serveUntilStopped({
    log,
    registry,
    host: config.host,
    probePort: config.probePort,
    shutdownTimeoutMs: config.shutdownTimeoutMs,
    ready: async () => readyForAll(await readiness(pool, { redis }), config.readyUrls),
    async close() {
      await app.close()
      await queues.close()
      redis.disconnect()
      await database.close()
    },
  })

  await app.listen(config.http)
  log.info({ port: config.http.port }, 'ready')
})
