import { once } from 'node:events'
import type { Redis } from 'ioredis'

/** How much of its memory limit Redis uses, 0 to 1 and above; 0 when it has no limit. */
export async function memoryShare(redis: Redis): Promise<number> {
  const { maxmemory, used_memory } = await readMemory(redis)
  const limit = Number(maxmemory)
  return limit > 0 ? Number(used_memory) / limit : 0
}

const answerWithinMs = 5_000

/**
 * A Redis that evicts takes locks and jobs away one by one, unnoticed. One that does not answer in time, or may not tell, passes.
 * @throws Error naming the setting to change, when Redis has a memory limit and a policy other than `noeviction`
 */
export async function refuseEviction(redis: Redis, onUnknown: (why: string) => void): Promise<void> {
  const memory = await untilReady(redis)
    .then(() => readMemory(redis))
    .catch((error: Error) => onUnknown(error.message))
  if (memory && Number(memory.maxmemory) > 0 && memory.maxmemory_policy !== 'noeviction')
    throw new Error(
      `the Redis of REDIS_URL evicts keys when it is full (maxmemory-policy ${memory.maxmemory_policy}): queues need noeviction; a cache can have its own Redis by CACHE_REDIS_URL`,
    )
}

async function untilReady(redis: Redis): Promise<void> {
  if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(answerWithinMs) })
}

async function readMemory(redis: Redis): Promise<Record<string, string>> {
  const info = await redis.info('memory')
  return Object.fromEntries([...info.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name, value]))
}
