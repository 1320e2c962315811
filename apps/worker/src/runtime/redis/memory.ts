import { once } from 'node:events'
import type { Redis } from 'ioredis'

/** Returns how much of its memory limit Redis uses: 0 to 1, more than 1 when over it, 0 without a limit. */
export async function memoryShare(redis: Redis): Promise<number> {
  const { maxmemory, used_memory } = await readMemory(redis)
  const limit = Number(maxmemory)
  return limit > 0 ? Number(used_memory) / limit : 0
}

const readyWithinMs = 5_000

/**
 * Refuses a Redis that evicts: it would remove locks and jobs one by one, unnoticed. Accepts one that does not answer
 * in time or does not show its settings, and passes the reason to `onUnknown`.
 * @throws Error naming the setting to change, when Redis has a memory limit and a policy other than `noeviction`
 */
export async function refuseEviction(redis: Redis, onUnknown: (why: string) => void): Promise<void> {
  const memory = await untilReady(redis)
    .then(() => readMemory(redis))
    .catch((error: Error) => onUnknown(error.message))
  if (memory && Number(memory.maxmemory) > 0 && memory.maxmemory_policy !== 'noeviction')
    throw new Error(
      `The Redis of REDIS_URL would lose jobs: it evicts keys (maxmemory-policy ${memory.maxmemory_policy}). ` +
        'Set maxmemory-policy to noeviction. A cache that may evict can have a Redis of its own: CACHE_REDIS_URL.',
    )
}

async function untilReady(redis: Redis): Promise<void> {
  if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(readyWithinMs) })
}

async function readMemory(redis: Redis): Promise<Record<string, string>> {
  const info = await redis.info('memory')
  return Object.fromEntries([...info.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name, value]))
}
