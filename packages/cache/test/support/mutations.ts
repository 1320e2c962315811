import type { Parts } from '../../src/compose.ts'
import { createBypass } from '../../src/redis/bypass.ts'
import { createMissedKeys } from '../../src/redis/missed-keys.ts'
import type { Mutate } from './open-cache.ts'
import { silentLog } from './silent-log.ts'

/** Each mutation removes one protection of the cache. The races and the model must then find stale reads. */
export const mutations = {
  'a plain DEL replaces the version check': (parts, { redis, prefix }) => ({
    invalidation: async ({ entities = [], groups = [] }) => {
      const keys = [...entities.map(({ kind, id }) => `${kind}:${id}`), ...groups]
      await Promise.all(keys.map((key) => redis.del(`${prefix}:${key}`)))
    },
    entries: {
      ...parts.entries,
      fill: async (key, seen, loaded) => {
        const firstLine = `${loaded.version} ${seen.token} ${seen.generation} ${loaded.readers.join(',')}`
        return (await redis.set(key, `${firstLine}\n${loaded.text}`)) === 'OK'
      },
    },
  }),
  'any caller may join a load in flight': (parts) => ({
    inFlightLoads: {
      ...parts.inFlightLoads,
      share: <T>(key: string, load: () => Promise<T>, fill: (loaded: T) => Promise<void>) =>
        parts.inFlightLoads.share(key.split(' ')[0] ?? key, load, fill),
    },
  }),
  'a bypass ends without a bump': ({ generation, invalidation }: Parts) => {
    const bumps = { current: generation.current, bumpFrom: async () => 'bumped' as const }
    const bypass = createBypass(bumps, silentLog, () => undefined)
    // Every missed invalidation starts a bypass here, because the mutation concerns bypasses alone.
    return { bypass, missedKeys: createMissedKeys(invalidation, bypass, { maxKeys: 0 }) }
  },
  'a missed key is read from the cache': ({ missedKeys }: Parts) => ({
    missedKeys: { ...missedKeys, hasEntity: () => false, hasGroup: () => false },
  }),
  'a missed invalidation is not repeated': ({ bypass }: Parts) => ({
    missedKeys: createMissedKeys(async () => undefined, bypass),
  }),
} satisfies Record<string, Mutate>
