import { Cluster } from 'ioredis'
import type { CacheRedis } from '../redis/connect.ts'

const keysPerStep = 500

/**
 * Removes the keys that match `<prefix>:<pattern>` but not those that `isKept` says yes to, given the key without its prefix.
 * Goes through the whole database step by step, without blocking it; nothing below another prefix is touched.
 * @returns how many there were
 */
export async function unlinkBelow(
  redis: CacheRedis,
  prefix: string,
  pattern: string,
  isKept: (key: string) => boolean,
): Promise<number> {
  const start = `${prefix}:`
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis]
  let removed = 0
  for (const node of nodes) {
    for (let cursor = '0'; ; ) {
      const [next, found] = await node.scan(cursor, 'MATCH', `${literally(start)}${pattern}`, 'COUNT', keysPerStep)
      const keys = found.filter((key) => key.startsWith(start) && !isKept(key.slice(start.length)))
      // On a cluster the keys of one node still belong to different slots.
      if (redis instanceof Cluster)
        for (const count of await Promise.all(keys.map((key) => redis.unlink(key)))) removed += count
      else if (keys.length > 0) removed += await redis.unlink(...keys)
      cursor = next
      if (cursor === '0') break
    }
  }
  return removed
}

/** A prefix is no pattern, whatever it is made of. */
const literally = (text: string) => text.replace(/[*?[\]\\]/g, '\\$&')
