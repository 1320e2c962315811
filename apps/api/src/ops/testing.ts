import { randomUUID } from 'node:crypto'
import { buryDelivery, createCommit, createDatabase } from '@goals-tasks/db'
import { freshDatabase, freshRedis, until } from '@goals-tasks/devstack/testing'
import { type ConsumerName, connectProducer, mirrorDeadLetters } from '@goals-tasks/events'
import { createLogger, createRegistry } from '@goals-tasks/observability'
import { SignJWT } from 'jose'
import type { Logger } from 'pino'
import { afterAll } from 'vitest'
import { createVerifier } from '../plugins/auth.ts'
import { buildOps } from './app.ts'
import { openQueues } from './queues.ts'
import { createSessions } from './session.ts'

export const secret = 'a secret for the tests of the ops process'
export const operatorId = randomUUID()
/** What a browser adds to a request that a page of ours makes. */
export const fromOurPage = { 'sec-fetch-site': 'same-origin' }

export function signToken(scope: string, expires = '1 hour'): Promise<string> {
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(operatorId)
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret))
}

export const bearer = async (scope = 'ops') => ({ authorization: `Bearer ${await signToken(scope)}` })

/** The app of the ops process on a database and a prefix of its own; it goes with the test file. */
export async function startOps({
  production = false,
  redisUrl,
  log = createLogger('ops', 'silent'),
}: {
  production?: boolean
  redisUrl?: string
  log?: Logger
} = {}) {
  const { url: sharedRedisUrl, prefix } = freshRedis()
  const { url } = await freshDatabase()
  const database = createDatabase({ url, poolSize: 4, name: 'test', onError: () => undefined })
  const environment = { DATABASE_URL: url, REDIS_URL: redisUrl ?? sharedRedisUrl, QUEUE_PREFIX: prefix }
  const redis = connectProducer(environment.REDIS_URL, () => undefined)
  const queues = openQueues(redis, prefix)
  const config = {
    secret,
    jwksUrl: undefined,
    issuer: undefined,
    audience: undefined,
    scopeClaim: 'scope',
    defaultScope: undefined,
  }
  const sessions = createSessions(secret)
  const { pool } = database
  const app = await buildOps({
    pool,
    queues,
    log,
    registry: createRegistry(),
    verify: createVerifier(config),
    sessions,
    production,
  })
  if (!redisUrl) await until(() => queues.available())
  afterAll(async () => {
    await app.close()
    await queues.close()
    redis.disconnect()
    await database.close()
  })

  /** Commits a goal and returns its event. */
  async function createGoal() {
    const by = { id: randomUUID(), admin: false }
    const known = { id: randomUUID(), userId: by.id, title: 'a goal', priority: 'LOW' } as const
    const values = { ...known, description: null, targetDate: null, category: null, tags: [], metadata: {} }
    const announcement = { types: ['goal:created'], actorId: by.id } as const
    const committed = await createCommit(pool).createGoal({ by, values, announcement })
    const [event] = committed?.events ?? []
    if (!event) throw new Error('nothing was committed')
    return event
  }

  /** Has a consumer give up on a new event, as its worker would. */
  async function bury(consumer: ConsumerName, error = 'it broke') {
    const { id: eventId, type, aggregateId } = await createGoal()
    const id = await buryDelivery(pool, { consumer, eventId, error })
    const dead = queues.find(consumer)?.dead
    if (!id || !dead) throw new Error('nothing was buried')
    const mirrored = { id, eventId, type, aggregateId, error, diedAt: new Date().toISOString() }
    if (queues.available()) await mirrorDeadLetters(dead, [mirrored])
    return { id, eventId, aggregateId }
  }

  /** `environment` is that of a process which looks at the same. */
  return { app, pool, queues, environment, createGoal, bury }
}

export function queueOf({ queues }: Awaited<ReturnType<typeof startOps>>, consumer: ConsumerName) {
  const entry = queues.find(consumer)
  if (!entry) throw new Error(`no queue of ${consumer}`)
  return entry
}
