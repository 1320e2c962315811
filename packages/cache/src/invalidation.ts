import { Cluster } from 'ioredis'
import { type EntityKind, type ListGroup, lifetimesMs } from './layout.ts'
import type { CacheRedis } from './redis/connect.ts'
import { createMarks } from './redis/lease-tokens.ts'

/** Entities as they are now, deleted ones too, and the groups of lists that show or showed them. */
export type Invalidation = {
  entities?: readonly { kind: EntityKind; id: string; version: number }[]
  groups?: readonly ListGroup[]
}

/** Tombstones for keys whose entry is older than the change. A full Redis must take them as well. */
const bury = `#!lua flags=allow-oom
for i, key in ipairs(KEYS) do
  local version = ARGV[i + 2]
  local stored = tonumber(string.match(redis.call('GETRANGE', key, 0, 19), '^%d+'))
  if not stored or stored < tonumber(version) then
    redis.call('SET', key, version .. ' ' .. ARGV[2] .. '\\n', 'PX', ARGV[1])
  end
end`

const keysPerScript = 100

/**
 * Makes what the cache holds of changed entities, and every list of the groups, worthless. Idempotent, in any order.
 * On a single Redis it takes two commands for one entity and its lists; on a cluster one per key.
 * @throws when Redis did not confirm all of it. Some of it may have happened, or happen later; repeat it until it succeeds.
 */
export function createInvalidation({ redis, prefix }: { redis: CacheRedis; prefix: string }) {
  const newMark = createMarks()
  const clustered = redis instanceof Cluster

  return async ({ entities = [], groups = [] }: Invalidation): Promise<void> => {
    // A first version has nothing older that could be in the way.
    const changed = entities.filter(({ version }) => version > 1)
    const work: Promise<unknown>[] = inGroups(changed, clustered ? 1 : keysPerScript).map((group) =>
      redis.eval(
        bury,
        group.length,
        ...group.map(({ kind, id }) => `${prefix}:${kind}:${id}`),
        lifetimesMs.tombstone,
        newMark(),
        ...group.map(({ version }) => version),
      ),
    )
    for (const group of inGroups([...new Set(groups)], clustered ? 1 : keysPerScript))
      work.push(redis.unlink(...group.map((group) => `${prefix}:${group}`)))
    await Promise.all(work)
  }
}

const inGroups = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
