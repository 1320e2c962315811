import { randomUUID } from 'node:crypto'
import { messageOf } from '@goals-tasks/config/message-of'
import { findDatabaseWriteRefusal, loadRunningProcesses, type ReplicaReads } from '@goals-tasks/db'
import type { AnyRedis } from '@goals-tasks/events'
import type pg from 'pg'
import type { CacheSource } from '../integrity/cached-versions.ts'
import type { OpsQueues } from '../queues.ts'
import { checkKeys, checkMailServer, checkReceiver } from './addresses.ts'
import { checkClocks } from './clocks.ts'
import { checkCluster } from './cluster.ts'
import { checkConnections, checkOldestTransaction, checkPooler } from './connections.ts'
import { checkOwnDisk, checkPostgresDisk } from './disks.ts'
import { type DoctorFinding, ok, problem, unknown } from './finding.ts'
import { checkNotifications } from './notifications.ts'
import { checkPostgresSettings } from './postgres-settings.ts'
import { checkCachePrefix, checkQueuePrefix } from './prefixes.ts'
import { checkPauses, checkProcesses } from './processes.ts'
import { checkNodes, checkRedisWrites } from './redis.ts'
import { checkReplica } from './replica.ts'
import { checkPartitions, checkSchema } from './schema.ts'
import { checkWebhooks } from './webhooks.ts'

export type DoctorSources = {
  pool: pg.Pool
  replica: Pick<ReplicaReads, 'state'>
  /** `error` says why this Redis does not answer, and is null when it does. */
  redis: { connection: AnyRedis; error: string | null; prefix: string; queues: OpsQueues }
  cache: CacheSource & { error: string | null }
  /** Whether the cache has a Redis of its own. Another database of the queues' Redis is none. */
  hasOwnCache: boolean
  jwksUrl: string | undefined
  syncUrl: string | undefined
  /** Connects to the mail server, and rejects when that fails. Undefined without one. */
  verifyMailServer: (() => Promise<void>) | undefined
  secretsKeys: readonly Buffer[]
}

type Check = () => Promise<DoctorFinding | readonly DoctorFinding[]>

/** Runs every check. A check that fails is a finding, and the others go on. */
export async function runDoctor(sources: DoctorSources): Promise<DoctorFinding[]> {
  const { pool, jwksUrl, syncUrl, verifyMailServer } = sources
  if (sources.redis.error === null) await sources.redis.queues.untilAvailable()
  const postgres = await checkPostgresAnswers(pool)
  const findings = [postgres]
  if (postgres.state === 'ok') findings.push(...(await runChecks(postgresChecks(sources))))
  findings.push(...(await runChecks(redisChecks(sources, postgres.state === 'ok'))))
  findings.push(await checkOwnDisk())
  if (jwksUrl) findings.push(await checkKeys(jwksUrl))
  if (syncUrl) findings.push(await checkReceiver(syncUrl))
  if (verifyMailServer) findings.push(await checkMailServer(verifyMailServer))
  return findings
}

async function checkPostgresAnswers(pool: pg.Pool): Promise<DoctorFinding> {
  const check = 'Postgres: answers'
  try {
    const refusal = await findDatabaseWriteRefusal(pool)
    if (refusal === null) return ok(check, 'it takes reads and writes')
    return problem(check, `it refuses writes: ${refusal}`, 'point DATABASE_URL to the primary, and look at its disk')
  } catch (error) {
    return problem(check, messageOf(error), 'start it, and check DATABASE_URL, the network and the password')
  }
}

const postgresChecks = (sources: DoctorSources): Record<string, Check> => {
  const { pool, replica, secretsKeys } = sources
  return {
    'Postgres: schema': () => checkSchema(pool),
    'Postgres: settings': () => checkPostgresSettings(pool),
    'Postgres: timeline': () => checkCluster(pool),
    'Postgres: disk': () => checkPostgresDisk(pool),
    'Postgres: partitions': () => checkPartitions(pool),
    'Postgres: oldest transaction': () => checkOldestTransaction(pool),
    'Postgres: replica': () => checkReplica(replica),
    'Postgres: pooler': () => checkPooler(pool, randomUUID()),
    webhooks: () => checkWebhooks(pool, secretsKeys),
    notifications: () => checkNotifications(pool),
    processes: () => checkAllProcesses(sources),
  }
}

/** Checks the running processes: what they run, their connections, and their clocks. */
async function checkAllProcesses({ pool, redis, cache, hasOwnCache }: DoctorSources): Promise<DoctorFinding[]> {
  const processes = await loadRunningProcesses(pool)
  const answering = {
    ...(redis.error === null && { Redis: redis.connection }),
    // The buckets of the rate limit follow this clock.
    ...(hasOwnCache && cache.error === null && { cache: cache.redis }),
  }
  return [
    ...checkProcesses(processes),
    await checkPauses(pool),
    await checkConnections(pool, processes),
    ...(await checkClocks({ pool, redis: answering, processes })),
  ]
}

function redisChecks({ pool, redis, cache, hasOwnCache }: DoctorSources, hasPostgres: boolean): Record<string, Check> {
  const away = (name: string, error: string) => async () =>
    problem(`${name}: answers`, error, 'start it, and check its URL, the network and the password')
  return {
    Redis:
      redis.error === null
        ? () => checkNodes(redis.connection, { name: 'Redis', mayEvict: false })
        : away('Redis', redis.error),
    ...(redis.error === null &&
      hasPostgres && { 'Redis: prefix': () => checkQueuePrefix(pool, redis.queues, redis.prefix) }),
    ...(cache.error !== null && (hasOwnCache || redis.error === null) && { cache: away('cache', cache.error) }),
    ...(hasOwnCache &&
      cache.error === null && { cache: () => checkNodes(cache.redis, { name: 'cache', mayEvict: true }) }),
    ...(cache.error === null && hasPostgres && { 'cache: prefix': () => checkCachePrefix(pool, cache) }),
    // The last one: a refusal makes the connection open again.
    ...(redis.error === null && { 'Redis: writes': () => checkRedisWrites(redis.queues) }),
  }
}

/** Runs them one after another, so that the doctor needs few connections. */
async function runChecks(checks: Record<string, Check>): Promise<DoctorFinding[]> {
  const findings: DoctorFinding[] = []
  for (const [name, check] of Object.entries(checks))
    try {
      findings.push(...[await check()].flat())
    } catch (error) {
      findings.push(unknown(name, messageOf(error), 'give the role of the URL the right to look, or look yourself'))
    }
  return findings
}
