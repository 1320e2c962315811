import { setTimeout as sleep } from 'node:timers/promises'
import { type CacheRedis, readStoredVersions } from '@goals-tasks/cache'
import { executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type pg from 'pg'
import type { EntitySubject, EntityVersion } from './entities.ts'
import type { Finding } from './findings.ts'

export type CacheSource = { redis: CacheRedis; prefix: string }
type Sources = { pool: pg.Pool; cache: CacheSource }

/** A change may be committed and its invalidation still on its way. */
const looks = 4
const waitMs = 300

/**
 * Compares the cached versions with those of the entities. An entry that differs is looked at again: only one that
 * still differs after about a second is a fault. A pending delivery to `cache-invalidation` is not: it will correct the
 * entry.
 */
export async function findCacheFaults(
  { pool, cache }: Sources,
  subject: EntitySubject,
  entities: readonly EntityVersion[],
): Promise<{ findings: Finding[]; entries: number }> {
  const first = await compare(cache, subject, entities, async () => entities)
  let suspects = first.suspects
  for (let look = 1; look < looks && suspects.length > 0; look++) {
    await sleep(waitMs)
    const load = () => loadCurrent(pool, subject, suspects)
    suspects = (await compare(cache, subject, await load(), load)).suspects
  }
  return { findings: suspects.map(({ id, version, kind }) => ({ kind, subject, id, version })), entries: first.entries }
}

type Suspect = EntityVersion & { kind: 'stale-cache' | 'ahead' }
type Load = () => Promise<readonly EntityVersion[]>

/** The cache must lie between the versions that were read before it and the ones that were read after it. */
async function compare(cache: CacheSource, subject: EntitySubject, before: readonly EntityVersion[], loadAfter: Load) {
  const stored = await readStoredVersions(
    cache,
    before.map(({ id }) => ({ kind: subject, id })),
  )
  const after = new Map((await loadAfter()).map(({ id, version }) => [id, version]))
  const suspects = before.flatMap(({ id, version }, i): Suspect[] => {
    const cached = stored[i] ?? null
    if (cached === null) return []
    if (cached < version) return [{ id, version, kind: 'stale-cache' }]
    return cached > (after.get(id) ?? cached) ? [{ id, version: cached, kind: 'ahead' }] : []
  })
  return { suspects, entries: stored.filter((version) => version !== null).length }
}

/** Returns the current versions of the entities whose invalidation is not pending. */
const loadCurrent = (pool: pg.Pool, subject: EntitySubject, entities: readonly { id: string }[]) =>
  executeOnce<EntityVersion>(
    pool,
    sql`select id, version from ${subject === 'goal' ? sql`goals` : sql`tasks`} entity
        where id = any(${sql.param(entities.map(({ id }) => id))}::uuid[]) and not exists (
          select from events e join deliveries d on d.event_id = e.id and d.consumer = 'cache-invalidation'
          where e.aggregate_id = entity.id)`,
  )
