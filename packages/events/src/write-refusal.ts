import { type Cluster, type Redis, ReplyError } from 'ioredis'
import { queuePrefix } from './queues.ts'

/**
 * Returns why Redis refuses writes, such as a replica or a full Redis does. Returns null when it takes them. Sends a
 * write that changes nothing, because no key of this name exists.
 * @param prefix the prefix of keys that the user may write
 * @throws an error of the connection when Redis does not answer
 */
export async function findWriteRefusal(redis: Redis | Cluster, prefix: string): Promise<string | null> {
  try {
    await redis.set(`${prefix}:write-probe`, '', 'XX')
    return null
  } catch (error) {
    if (error instanceof Error && error instanceof ReplyError) return error.message
    throw error
  }
}

/** Returns why the Redis of the queues refuses writes, as `findWriteRefusal` does. `prefix` is the QUEUE_PREFIX. */
export const findQueueWriteRefusal = (redis: Redis, prefix: string): Promise<string | null> =>
  findWriteRefusal(redis, queuePrefix(prefix, 'sync'))
