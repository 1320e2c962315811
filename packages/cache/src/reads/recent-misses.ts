import { LRUCache } from 'lru-cache'

const defaultLimits = { maxKeys: 10_000 }

export type RecentMisses = ReturnType<typeof createRecentMisses>

/**
 * Remembers the keys that this process missed lately. A read of an empty key fills the cache only when the process has
 * missed the key before. Many keys are read once, and their fill would cost half as much as the read itself.
 */
export function createRecentMisses({ maxKeys } = defaultLimits) {
  const keys = new LRUCache<string, true>({ max: maxKeys })
  return {
    /** Records a miss. Returns whether the key was missed before. */
    repeats(key: string): boolean {
      const isKnown = keys.has(key)
      keys.set(key, true)
      return isKnown
    },
  }
}
