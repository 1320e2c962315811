import type { Invalidation } from '../invalidation.ts'
import type { EntityKind, ListGroup } from '../layout.ts'
import type { Bypass } from './bypass.ts'

type Entity = { kind: EntityKind; id: string; version: number }
type Miss = { entity: Entity; group?: never } | { entity?: never; group: ListGroup }

const defaultLimits = { maxKeys: 1_000 }

export type MissedKeys = ReturnType<typeof createMissedKeys>

/**
 * Keeps the keys of invalidations that Redis did not confirm. This process does not read these keys from the cache, and
 * it repeats their invalidation. When that fails as well, or more than `maxKeys` are missed, this process bypasses the
 * whole cache instead.
 */
export function createMissedKeys(
  invalidation: (change: Invalidation) => Promise<void>,
  bypass: Pick<Bypass, 'isActive' | 'start'>,
  { maxKeys } = defaultLimits,
) {
  const missed = new Map<string, Miss>()
  let isRepeating = false
  let repeating = Promise.resolve()

  /** Every key that is missed so far becomes void with the generation that the bypass bumps. */
  function bypassAll(reason: string): void {
    missed.clear()
    bypass.start(reason)
  }

  function register({ entities = [], groups = [] }: Invalidation): void {
    for (const entity of entities) {
      const name = nameOf(entity.kind, entity.id)
      const version = Math.max(entity.version, missed.get(name)?.entity?.version ?? 0)
      missed.set(name, { entity: { ...entity, version } })
    }
    for (const group of groups) missed.set(group, { group })
  }

  async function repeatAll(): Promise<void> {
    isRepeating = true
    while (missed.size > 0) await repeatOnce([...missed])
    isRepeating = false
  }

  async function repeatOnce(misses: readonly (readonly [string, Miss])[]): Promise<void> {
    try {
      await invalidation(changeOf(misses.map(([, miss]) => miss)))
      // A key that was missed again meanwhile has another value, and stays.
      for (const [name, miss] of misses) if (missed.get(name) === miss) missed.delete(name)
    } catch (error) {
      bypassAll(error instanceof Error ? error.message : String(error))
    }
  }

  return {
    count: () => missed.size,
    hasEntity: (kind: EntityKind, id: string) => missed.size > 0 && missed.has(nameOf(kind, id)),
    hasGroup: (groups: readonly ListGroup[]) => missed.size > 0 && groups.some((group) => missed.has(group)),
    /** Adds the keys of an invalidation that failed or was not confirmed in time. */
    add(change: Invalidation, reason: string): void {
      register(change)
      // A bypass that is active already needs a bump that comes after this change.
      if (bypass.isActive() || missed.size > maxKeys) bypassAll(reason)
      else if (!isRepeating) repeating = repeatAll()
    },
    /** Ends the repetitions. */
    async close(): Promise<void> {
      missed.clear()
      await repeating
    },
  }
}

const nameOf = (kind: EntityKind, id: string) => `${kind}:${id}`

const changeOf = (misses: readonly Miss[]): Invalidation => ({
  entities: misses.flatMap(({ entity }) => entity ?? []),
  groups: misses.flatMap(({ group }) => group ?? []),
})
