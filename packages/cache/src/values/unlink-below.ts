import { mastersOf } from '@goals-tasks/events'
import { Cluster, type Redis } from 'ioredis'
import type { CacheRedis } from '../redis/connect.ts'

const keysPerStep = 500

type Selection = { prefix: string; pattern: string; isKept: (key: string) => boolean }

/**
 * Unlinks the keys that match `<prefix>:<pattern>`, except those for which `isKept` returns true. `isKept` gets the key
 * without the prefix. Scans the whole database step by step without blocking it. Never unlinks a key below another
 * prefix. Returns the number of unlinked keys.
 */
export async function unlinkBelow(redis: CacheRedis, { prefix, pattern, isKept }: Selection): Promise<number> {
  const start = `${prefix}:`
  let unlinked = 0
  for (const node of mastersOf(redis))
    for await (const found of scan(node, `${escapeGlob(start)}${pattern}`))
      unlinked += await unlink(
        redis,
        found.filter((key) => key.startsWith(start) && !isKept(key.slice(start.length))),
      )
  return unlinked
}

async function* scan(node: Redis, pattern: string) {
  let cursor = '0'
  do {
    const [next, found] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', keysPerStep)
    yield found
    cursor = next
  } while (cursor !== '0')
}

async function unlink(redis: CacheRedis, keys: readonly string[]): Promise<number> {
  if (!(redis instanceof Cluster)) return keys.length > 0 ? redis.unlink(...keys) : 0
  // The keys of one node belong to different slots, and one command may not span slots.
  const counts = await Promise.all(keys.map((key) => redis.unlink(key)))
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Escapes the characters that have a meaning in a glob pattern: a prefix is matched literally. */
const escapeGlob = (text: string) => text.replace(/[*?[\]\\]/g, '\\$&')
