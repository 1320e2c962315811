import { inReadOnlySnapshot } from '@goals-tasks/db'
import type pg from 'pg'
import { type CacheSource, findCacheFaults } from './cached-versions.ts'
import { type DeliveryPlace, findDeliveryFaults, loadDeliveryPlaces } from './deliveries.ts'
import { type EntitySubject, findEntityFaults, loadVersions } from './entities.ts'
import type { Finding } from './findings.ts'

const batchSize = 500
const lowest = '00000000-0000-0000-0000-000000000000'

/** Where a check continues: after this entity, or after this delivery. */
export type IntegrityCursor = { part: EntitySubject; after: string } | { part: 'delivery'; after: DeliveryPlace }

export const integrityStart: IntegrityCursor = { part: 'goal', after: lowest }
const taskStart: IntegrityCursor = { part: 'task', after: lowest }
const deliveryStart: IntegrityCursor = { part: 'delivery', after: { consumer: '', eventId: lowest, target: '' } }

/** The result of one batch. `next` is null at the end. */
export type IntegrityBatch = {
  checked: Partial<Record<'goals' | 'tasks' | 'versions' | 'deliveries' | 'cacheEntries', number>>
  findings: Finding[]
  next: IntegrityCursor | null
}

type Sources = { pool: pg.Pool; cache: CacheSource | null }

/**
 * Checks up to 500 entities or deliveries after the cursor, in one short read-only transaction, so it may run while
 * others write. Without `cache` it does not compare the cache.
 */
export const checkIntegrityBatch = (sources: Sources, cursor: IntegrityCursor): Promise<IntegrityBatch> =>
  cursor.part === 'delivery' ? checkDeliveries(sources, cursor.after) : checkEntities(sources, cursor)

async function checkEntities({ pool, cache }: Sources, { part, after }: { part: EntitySubject; after: string }) {
  const { entities, findings } = await inReadOnlySnapshot(pool, async (tx) => {
    const found = await loadVersions(tx, part, { after, limit: batchSize })
    return {
      entities: found,
      findings: await findEntityFaults(
        tx,
        part,
        found.map(({ id }) => id),
      ),
    }
  })
  const cached = cache ? await findCacheFaults({ pool, cache }, part, entities) : { findings: [], entries: 0 }
  const last = entities.at(-1)
  return {
    checked: {
      [part === 'goal' ? 'goals' : 'tasks']: entities.length,
      versions: entities.reduce((sum, { version }) => sum + version, 0),
      cacheEntries: cached.entries,
    },
    findings: [...findings, ...cached.findings],
    next:
      last && entities.length === batchSize ? { part, after: last.id } : part === 'goal' ? taskStart : deliveryStart,
  }
}

async function checkDeliveries({ pool }: Sources, after: DeliveryPlace): Promise<IntegrityBatch> {
  const { places, findings } = await inReadOnlySnapshot(pool, async (tx) => {
    const found = await loadDeliveryPlaces(tx, { after, limit: batchSize })
    return { places: found, findings: await findDeliveryFaults(tx, found) }
  })
  const last = places.at(-1)
  return {
    checked: { deliveries: places.length },
    findings,
    next: last && places.length === batchSize ? { part: 'delivery', after: last } : null,
  }
}
