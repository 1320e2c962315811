import { findWriteRefusal } from '@goals-tasks/events'
import type { Context } from '../context.ts'

/** Returns why Redis refuses writes to the queue of the consumer, or null. Rejects when Redis does not answer. */
export const findRefusal = ({ redis, queue }: Pick<Context, 'redis' | 'queue'>): Promise<string | null> =>
  findWriteRefusal(redis, queue.qualifiedName)
