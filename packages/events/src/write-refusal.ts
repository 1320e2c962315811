import { Cluster, ReplyError } from 'ioredis'
import type { AnyRedis } from './open-redis.ts'
import { queuePrefix } from './queues.ts'
import { consumerNames } from './subscriptions.ts'

/**
 * Returns why Redis refuses writes, such as a replica or a full Redis does. Returns null when it takes them. Sends a
 * write that changes nothing, because no key of this name exists.
 * @param prefix the prefix of keys that the user may write
 * @throws an error of the connection when Redis does not answer
 */
export async function findWriteRefusal(redis: AnyRedis, prefix: string): Promise<string | null> {
  try {
    await redis.set(`${prefix}:write-probe`, '', 'XX')
    return null
  } catch (error) {
    if (error instanceof Error && error instanceof ReplyError) return error.message
    throw error
  }
}

/**
 * Returns why the Redis of the queues refuses writes, as `findWriteRefusal` does. The queues of a cluster may lie on
 * several nodes, so it looks at each. `prefix` is the QUEUE_PREFIX.
 */
export async function findQueueWriteRefusal(redis: AnyRedis, prefix: string): Promise<string | null> {
  const looked = redis instanceof Cluster ? consumerNames : consumerNames.slice(0, 1)
  const refusals = await Promise.all(looked.map((consumer) => findWriteRefusal(redis, queuePrefix(prefix, consumer))))
  return refusals.find((refusal) => refusal !== null) ?? null
}
