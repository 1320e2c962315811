import { once } from 'node:events'
import { type AnyRedis, mastersOf } from '@goals-tasks/events'

/**
 * Returns how much of its memory limit Redis uses: 0 to 1, more than 1 when over it, 0 without a limit. On a cluster it
 * is that of the fullest node.
 */
export const memoryShare = async (redis: AnyRedis): Promise<number> =>
  Math.max(...(await readMemory(redis)).map(shareOf))

function shareOf({ maxmemory, used_memory }: Memory): number {
  const limit = Number(maxmemory)
  return limit > 0 ? Number(used_memory) / limit : 0
}

const readyWithinMs = 5_000

/**
 * Refuses a Redis that evicts: it would remove locks and jobs one by one, unnoticed. Accepts one that does not answer
 * in time or does not show its settings, and passes the reason to `onUnknown`.
 * @throws Error naming the setting to change, when Redis has a memory limit and a policy other than `noeviction`
 */
export async function refuseEviction(redis: AnyRedis, onUnknown: (why: string) => void): Promise<void> {
  const memories = await untilReady(redis)
    .then(() => readMemory(redis))
    .catch((error: Error) => onUnknown(error.message))
  const evicting = memories?.find(
    ({ maxmemory, maxmemory_policy: policy }) => Number(maxmemory) > 0 && policy !== 'noeviction',
  )
  if (evicting)
    throw new Error(
      `The Redis of REDIS_URL would lose jobs: it evicts keys (maxmemory-policy ${evicting.maxmemory_policy}). ` +
        'Set maxmemory-policy to noeviction. A cache that may evict can have a Redis of its own: CACHE_REDIS_URL.',
    )
}

async function untilReady(redis: AnyRedis): Promise<void> {
  if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(readyWithinMs) })
}

type Memory = Record<string, string>

/** Reads the memory of each node that holds keys. */
const readMemory = (redis: AnyRedis): Promise<Memory[]> =>
  Promise.all(
    mastersOf(redis).map(async (node) => {
      const info = await node.info('memory')
      return Object.fromEntries([...info.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name, value]))
    }),
  )
