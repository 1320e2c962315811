import type { Parts } from '../../src/compose.ts'
import { createTrust } from '../../src/redis/bypass.ts'
import type { CacheRedis } from '../../src/redis/connect.ts'

/** Each takes away one thing that the cache relies on; the races must notice. */
export const sabotaged = {
  'a plain DEL in place of the version check': (parts: Parts, at: { redis: CacheRedis; prefix: string }) => ({
    invalidation: async ({ entities = [], groups = [] }: Parameters<Parts['invalidation']>[0]) => {
      const keys = [...entities.map(({ kind, id }) => `${kind}:${id}`), ...groups]
      await Promise.all(keys.map((key) => at.redis.del(`${at.prefix}:${key}`)))
    },
    entries: {
      ...parts.entries,
      fill: async (...[key, seen, loaded]: Parameters<Parts['entries']['fill']>) => {
        const first = `${loaded.version} ${seen.mark} ${seen.generation} ${loaded.readers.join(',')}`
        return (await at.redis.set(key, `${first}\n${loaded.text}`)) === 'OK'
      },
    },
  }),
  'flights that anyone may join': (parts: Parts) => ({
    flights: {
      ...parts.flights,
      share: <T>(key: string, load: () => Promise<T>, fill: (loaded: T) => Promise<void>) =>
        parts.flights.share(key.split(' ')[0] ?? key, load, fill),
    },
  }),
  'no swap': (parts: Parts) => ({
    trust: createTrust(
      { current: parts.generation.current, replace: async () => 'swapped' },
      { info: () => undefined, warn: () => undefined },
      () => undefined,
    ),
  }),
}
