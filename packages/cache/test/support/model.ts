import { createMemoryDatabase } from './memory-database.ts'
import { ids } from './model-commands.ts'
import type { OpenCache } from './open-cache.ts'

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
    floor(process: number, id: string): number {
      const own = acknowledged[process]?.get(id) ?? 1
      // A process that uses the cache has caught up on every invalidation that it missed.
      const caughtUp = caches.map((cache, i) => (cache.isUsed() ? (acknowledged[i]?.get(id) ?? 1) : 1))
      return Math.max(own, confirmed.get(id) ?? 1, ...caughtUp)
    },
  }
}

export type Model = ReturnType<typeof createModel>
