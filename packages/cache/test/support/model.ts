import { createMemoryDatabase } from './memory-database.ts'
import { groupOf, ids } from './model-commands.ts'
import type { OpenCache } from './open-cache.ts'

type Id = (typeof ids)[number]

/** Creates the model: the database, and the lowest version that each read may return given the acknowledged writes. */
export function createModel(caches: readonly OpenCache[]) {
  const confirmed = new Map<string, number>()
  const acknowledged = caches.map(() => new Map<string, number>())
  const raise = (floors: Map<string, number>, id: string, version: number) =>
    floors.set(id, Math.max(version, floors.get(id) ?? 1))

  return {
    database: createMemoryDatabase(ids, ['ada', 'bob']),
    acknowledge(writer: number, id: string, version: number, isConfirmed: boolean) {
      raise(acknowledged[writer] ?? confirmed, id, version)
      if (isConfirmed) raise(confirmed, id, version)
    },
    /** Returns the lowest version that a read may return if it begins now in process `process`. */
    floor(process: number, id: Id): number {
      const own = acknowledged[process]?.get(id) ?? 1
      // A process that reads the keys from the cache has caught up on every invalidation of them that it missed.
      const caughtUp = caches.map((cache, i) => (readsFromCache(cache, id) ? (acknowledged[i]?.get(id) ?? 1) : 1))
      return Math.max(own, confirmed.get(id) ?? 1, ...caughtUp)
    },
  }
}

const readsFromCache = ({ isBypassed, parts: { missedKeys } }: OpenCache, id: Id) =>
  !isBypassed() && !missedKeys.hasEntity('task', id) && !missedKeys.hasGroup([groupOf(id)])

export type Model = ReturnType<typeof createModel>
