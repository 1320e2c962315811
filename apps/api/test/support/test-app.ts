import { randomUUID } from 'node:crypto'
import { connectCache, createCache, createRateLimiter } from '@goals-tasks/cache'
import { createDatabase } from '@goals-tasks/db'
import { freshDatabase, freshRedis } from '@goals-tasks/devstack/testing'
import { connectProducer, createDispatcher, createFeedHints, subscribeToFeedHints } from '@goals-tasks/events'
import { createVerifier, userScopes } from '@goals-tasks/http'
import { createLinkTokens } from '@goals-tasks/mail/links'
import { createLogger, createRegistry } from '@goals-tasks/observability'
import { expect } from 'vitest'
import { type AppOptions, buildApp } from '../../src/app.ts'
import { createCacheDeliveries } from '../../src/cache-deliveries.ts'
import { createDeps, type WebhookDeps } from '../../src/deps.ts'
import type { ChangesOptions } from '../../src/features/changes/routes.ts'
import { createMeasuredPace } from '../../src/large-changes.ts'
import { createOverloadProtection } from '../../src/overload.ts'
import type { RateLimits } from '../../src/rate-limits.ts'
import type { ResponseLimits } from '../../src/resource/time-limit.ts'
import { createClient } from './client.ts'
import { createResponseCheck } from './documented-responses.ts'
import { loadEvents } from './events.ts'
import { auth, signToken } from './token.ts'
import { webhookDeps } from './webhooks.ts'

/** The tokens in the links of mails. */
export const linkTokens = createLinkTokens([Buffer.alloc(32, 7)]) ?? expect.fail('there is a key')

/** Limits of the database that no slow machine reaches while many requests wait for each other. */
const patientDatabase = { connectTimeoutMs: 120_000, statementTimeoutMs: 120_000, lockTimeoutMs: 120_000 }
/** A budget that suffices on the busiest machine. */
const patientLimits = { budgetMs: 10_000, breakerOpenMs: 1_000, maxLocalBuckets: 10_000 }

export type TestApp = Awaited<ReturnType<typeof startTestApp>>

export type TestAppOptions = {
  corsOrigins?: string[]
  /** The database of another API: this one is a second process on the same data. */
  database?: { url: string }
  /** The Redis of another API: this one shares its cache. */
  redis?: { url: string; prefix: string }
  /** Default: a limit that no slow machine reaches. */
  lockTimeoutMs?: number
  /** Default: limits that no slow machine reaches. */
  responseLimits?: ResponseLimits
  /** Whether hints for the feed arrive. Default: true. */
  hints?: boolean
  streamLimits?: ChangesOptions['streamLimits']
  publicUrl?: string
  /** Default: nothing is limited. */
  rateLimits?: RateLimits | undefined
  /** Default: no limit. */
  maxRequestsPerUser?: number
  /** Default: those of the API. */
  bodyTurnLimits?: AppOptions['bodyTurnLimits']
  /** Default: no change waits for a turn. */
  fairTurns?: AppOptions['fairTurns']
  /** Default: all work is admitted, as tests saturate the machine. */
  overloadAfterMs?: number
  /** Default: those of the API. */
  paceLimits?: Parameters<typeof createMeasuredPace>[1]
  /** Default: a key, and a resolver that knows every name. */
  webhooks?: WebhookDeps
  /** How long a verified API key stays cached. */
  cachedKeyMs?: number
}

/** Starts the API without a socket, on a database and a key prefix of its own unless `options` name others. */
export async function startTestApp(options: TestAppOptions = {}) {
  const log = createLogger('api', 'silent')
  const { url: databaseUrl } = options.database ?? (await freshDatabase())
  const database = createDatabase({
    ...patientDatabase,
    ...(options.lockTimeoutMs !== undefined && { lockTimeoutMs: options.lockTimeoutMs }),
    ...{ url: databaseUrl, poolSize: 16, name: 'test' },
    onError: () => undefined,
  })
  const { url, prefix } = options.redis ?? freshRedis()
  const redis = connectProducer(url, () => undefined)
  const feedRedis = connectProducer(url, () => undefined)
  const dispatcher = createDispatcher({ connection: redis, prefix, log })
  const cacheRedis = connectCache(url, () => undefined)
  const registry = createRegistry()
  const cache = createCache({ redis: cacheRedis, prefix: `${prefix}-cache`, log, registry })
  const limiter = createRateLimiter({ redis: cacheRedis, prefix: `${prefix}-cache`, registry }, patientLimits)
  const cacheDeliveries = createCacheDeliveries({ pool: database.pool, dispatcher })
  const pace = createMeasuredPace(registry, options.paceLimits)
  const deps = createDeps({
    ...{ pool: database.pool, pace },
    cache,
    dispatcher,
    cacheDeliveries,
    feedHints: createFeedHints({ connection: redis, prefix }),
    retentionDays: 30,
    ...(options.overloadAfterMs !== undefined && {
      admission: createOverloadProtection({ pool: database.pool, afterMs: options.overloadAfterMs, log, registry }),
    }),
    responseLimits: options.responseLimits ?? { suspectAfterMs: 120_000, answerMs: 120_000 },
    webhooks: options.webhooks ?? webhookDeps,
    apiKeys: options.cachedKeyMs === undefined ? {} : { cachedMs: options.cachedKeyMs },
  })
  const app = await buildApp(deps, {
    log,
    registry,
    verify: createVerifier(auth),
    corsOrigins: options.corsOrigins ?? [],
    trustProxy: [],
    publicUrl: options.publicUrl,
    maxRequestsPerUser: options.maxRequestsPerUser,
    bodyTurnLimits: options.bodyTurnLimits,
    fairTurns: options.fairTurns,
    linkTokens,
    rateLimit: options.rateLimits && { limits: options.rateLimits, limiter },
    streamLimits: options.streamLimits,
    ...(options.hints !== false && {
      subscribeToHints: (listeners) => subscribeToFeedHints({ connection: feedRedis, prefix }, listeners),
    }),
  })

  const checkResponse = createResponseCheck(app)
  let address: Promise<string> | undefined
  return {
    app,
    deps,
    pool: database.pool,
    database: { url: databaseUrl },
    redis: { url, prefix },
    cache,
    limiter,
    registry,
    /** Returns a client of this user, or of a new one. */
    async as(id: string = randomUUID(), scope = userScopes.join(' ')) {
      const token = await signToken(id, scope)
      return createClient(id, async (request) => {
        const headers = { authorization: `Bearer ${token}`, ...request.headers }
        const response = await app.inject({ ...request, headers })
        checkResponse(request, response)
        return response
      })
    },
    /** Returns the events of a goal or task, oldest first. */
    eventsOf: (entityId: string) => loadEvents(database.pool, entityId),
    /** Returns the address of the API, which listens from the first call on. */
    listen: () => (address ??= app.listen({ port: 0, host: '127.0.0.1' })),
    lastEventOf: async (entityId: string) => (await loadEvents(database.pool, entityId)).at(-1),
    async close() {
      pace.close()
      await app.close()
      await cacheDeliveries.close()
      await deps.apiKeys.close()
      await dispatcher.close()
      await cache.close()
      for (const connection of [redis, feedRedis, cacheRedis]) connection.disconnect()
      await database.close()
    },
  }
}
