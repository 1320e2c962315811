import { readStoredVersions } from '@goals-tasks/cache'
import { executeOnce } from '@goals-tasks/db'
import { type SQL, sql } from 'drizzle-orm'
import type pg from 'pg'
import type { CacheSource } from '../integrity/cached-versions.ts'
import type { OpsQueues } from '../queues.ts'
import { type DoctorFinding, ok, problem } from './finding.ts'

const sampledJobs = 20
const scannedKeys = 1_000
const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/

/** Looks at some jobs of each queue: an event that this database does not have belongs to another installation. */
export async function checkQueuePrefix(pool: pg.Pool, queues: OpsQueues, prefix: string): Promise<DoctorFinding> {
  const jobs = await Promise.all(
    queues.all.map(({ queue }) => queue.getJobs(['waiting', 'active', 'delayed', 'completed'], 0, sampledJobs - 1)),
  )
  const ids = jobs.flat().flatMap((job) => job?.data.events?.slice(0, 1).map(({ id }) => id) ?? [])
  const strangers = await countStrangers(pool, ids, ofAnotherDatabase.event)
  return judge(`Redis: prefix ${prefix}`, { strangers, looked: ids.length, what: 'jobs', variable: 'QUEUE_PREFIX' })
}

/**
 * Looks at some cached goals in the same way. A cluster is left out: a scan reads one node. Placeholders do not count:
 * a request for an unknown id leaves one.
 */
export async function checkCachePrefix(pool: pg.Pool, cache: CacheSource): Promise<DoctorFinding> {
  const { redis, prefix } = cache
  const check = `cache: prefix ${prefix}`
  if (redis.isCluster) return ok(check, 'not looked at on a cluster')
  const ids = await withEntry(cache, await scanGoals(cache))
  const strangers = await countStrangers(pool, ids, ofAnotherDatabase.goal)
  return judge(check, { strangers, looked: ids.length, what: 'entries', variable: 'CACHE_PREFIX' })
}

async function scanGoals({ redis, prefix }: CacheSource): Promise<string[]> {
  const ids: string[] = []
  let cursor = '0'
  let scanned = 0
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}:goal:*`, 'COUNT', 200)
    ids.push(...keys.flatMap((key) => uuid.exec(key)?.[0] ?? []))
    cursor = next
    scanned += 200
  } while (cursor !== '0' && scanned < scannedKeys)
  return ids
}

async function withEntry(cache: CacheSource, ids: readonly string[]): Promise<string[]> {
  const versions = await readStoredVersions(
    cache,
    ids.map((id) => ({ kind: 'goal', id })),
  )
  return ids.filter((_, i) => versions[i] !== null)
}

/**
 * The conditions on `sample.id`. Events live for 30 days at least, and a finished job may be kept for longer, so an old
 * event may be missing. A goal outlives its entry, which lives for an hour, and most ids of goals contain no time.
 */
const ofAnotherDatabase = {
  event: sql`uuid_extract_timestamp(sample.id) > now() - interval '7 days'
        and not exists (select from events where events.id = sample.id)`,
  goal: sql`not exists (select from goals where goals.id = sample.id)`,
}

async function countStrangers(pool: pg.Pool, ids: readonly string[], isStranger: SQL): Promise<number> {
  const [row] = await executeOnce<{ count: number }>(
    pool,
    sql`select count(*)::int as count from unnest(${sql.param(ids)}::uuid[]) sample(id) where ${isStranger}`,
  )
  return row?.count ?? 0
}

type Sample = { strangers: number; looked: number; what: string; variable: string }

function judge(check: string, { strangers, looked, what, variable }: Sample): DoctorFinding {
  if (strangers === 0) return ok(check, `${looked} ${what} looked at, all of this database`)
  return problem(
    check,
    `${strangers} of ${looked} ${what} belong to another database, or to this one before it was restored`,
    `give each installation a ${variable} of its own, or empty this Redis after a restore`,
  )
}
