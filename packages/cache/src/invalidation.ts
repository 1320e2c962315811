import { Cluster, type Result } from 'ioredis'
import { type EntityKind, type ListGroup, lifetimesMs } from './layout.ts'
import type { CacheRedis } from './redis/connect.ts'
import { createLeaseTokens } from './redis/lease-tokens.ts'

/** The current versions of changed entities, deleted ones included, and the list groups that show or showed them. */
export type Invalidation = {
  entities?: readonly { kind: EntityKind; id: string; version: number }[]
  groups?: readonly ListGroup[]
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** Takes the number of keys, the keys, the time to live, a new token and one version per key. */
    setTombstones(keyCount: number, ...args: (string | number)[]): Result<null, Context>
  }
}

/** Sets a tombstone on each key whose entry is older than the change, even when Redis is out of memory. */
const tombstoneScript = `#!lua flags=allow-oom
for i, key in ipairs(KEYS) do
  local version = ARGV[i + 2]
  local stored = tonumber(string.match(redis.call('GETRANGE', key, 0, 19), '^%d+'))
  if not stored or stored < tonumber(version) then
    redis.call('SET', key, version .. ' ' .. ARGV[2] .. '\\n', 'PX', ARGV[1])
  end
end`

const keysPerCommand = 100

/**
 * Creates a function that invalidates the entries of changed entities and all lists of the groups. It is idempotent,
 * and calls may arrive in any order. An entity and its lists take two commands on a single Redis, and one per key on a
 * cluster.
 * The function throws when Redis did not confirm all of it. Part of it may have happened or may still happen; repeat
 * the call until it succeeds.
 */
export function createInvalidation({ redis, prefix }: { redis: CacheRedis; prefix: string }) {
  redis.defineCommand('setTombstones', { lua: tombstoneScript })
  const newToken = createLeaseTokens()
  const batchSize = redis instanceof Cluster ? 1 : keysPerCommand

  return async ({ entities = [], groups = [] }: Invalidation): Promise<void> => {
    // Nothing older than a first version can be in the cache.
    const changed = entities.filter(({ version }) => version > 1)
    const tombstones = batchesOf(changed, batchSize).map((batch) =>
      redis.setTombstones(
        batch.length,
        ...batch.map(({ kind, id }) => `${prefix}:${kind}:${id}`),
        lifetimesMs.tombstone,
        newToken(),
        ...batch.map(({ version }) => version),
      ),
    )
    const unlinks = batchesOf([...new Set(groups)], batchSize).map((batch) =>
      redis.unlink(...batch.map((group) => `${prefix}:${group}`)),
    )
    await Promise.all([...tombstones, ...unlinks])
  }
}

const batchesOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
