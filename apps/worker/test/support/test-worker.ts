import { connectCache, createInvalidation } from '@goals-tasks/cache'
import { createDatabase } from '@goals-tasks/db'
import {
  type ConsumerName,
  connectProducer,
  connectWorker,
  consumerNames,
  type Policies,
  policies,
} from '@goals-tasks/events'
import { createRegistry } from '@goals-tasks/observability'
import type { Consumers } from '../../src/consumers/contract.ts'
import { createConsumers } from '../../src/consumers/create-consumers.ts'
import type { EmailDeps } from '../../src/consumers/email/context.ts'
import { createMailMetrics } from '../../src/consumers/email/metrics.ts'
import type { SyncDeps } from '../../src/consumers/sync/sync.ts'
import { type Timings, timings } from '../../src/runtime/timings.ts'
import { createWorker } from '../../src/worker.ts'
import type { Installation } from './installation.ts'

type TestWorker = {
  serve?: readonly ConsumerName[]
  consumers?: Partial<Consumers>
  policies?: Partial<Policies>
  timings?: Partial<Timings>
  syncUrl?: string
  sync?: Partial<SyncDeps>
  /** Default: no mail server. */
  mail?: Omit<EmailDeps, 'pool'>
  cacheUrl?: string
  /** The clock of the reminders and of the mails. */
  clock?: () => number
  onStuck?: (consumer: ConsumerName, reason: string) => void
}

/** The key that seals the secrets of webhooks in tests. */
export const secretsKey = Buffer.alloc(32, 7)

type Place = Pick<Installation, 'url' | 'redisUrl' | 'prefix' | 'log' | 'closeFirst'>

/** Starts a worker inside the process of the test, with connections of its own. It closes with the test. */
export function startWorker(installation: Place, options: TestWorker = {}) {
  const { url, redisUrl, prefix } = installation
  const database = createDatabase({ url, poolSize: 10, name: 'test worker', onError: () => undefined })
  const redis = {
    producer: connectProducer(redisUrl, () => undefined),
    worker: connectWorker(redisUrl, () => undefined),
  }
  const cache = connectCache(options.cacheUrl ?? redisUrl, () => undefined)
  const registry = createRegistry()
  const { onOutcome, onHeld } = createMailMetrics(registry)
  const { clock } = options
  const consumers = createConsumers({
    invalidate: createInvalidation({ redis: cache, prefix }),
    sync: {
      ...{ url: options.syncUrl, source: '/test', secrets: [], secretsKeys: [secretsKey] },
      ...{ allowedNetworks: ['loopback'], ...options.sync },
    },
    email: options.mail && { pool: database.pool, clock, onOutcome, ...options.mail },
    notifications: { clock, onHeld },
  })
  const worker = createWorker({
    serve: options.serve ?? consumerNames,
    consumers: { ...consumers, ...options.consumers },
    policies: { ...policies, ...options.policies },
    timings: { ...timings, secondaryAfterMs: 0, ...options.timings },
    pool: database.pool,
    postgresOutage: { failed: () => undefined },
    redis,
    queuePrefix: prefix,
    retentionDays: 30,
    registry,
    ...(options.clock && { clock: options.clock }),
    log: installation.log,
    onStuck: options.onStuck ?? (() => undefined),
  })
  const close = onlyOnce(async () => {
    await worker.close()
    for (const connection of [redis.producer, redis.worker, cache]) connection.disconnect()
    await database.close()
  })
  installation.closeFirst(close)
  return { registry, close }
}

function onlyOnce(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined
  return () => {
    result ??= work()
    return result
  }
}

/** A policy whose retries follow within milliseconds. */
export const quickPolicy = (attempts = 3) => ({
  attempts,
  backoff: { baseMs: 5, capMs: 20 },
  concurrency: 4,
  lockMs: 30_000,
})
