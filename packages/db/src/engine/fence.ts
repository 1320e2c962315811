import { BulkheadRejectedError, bulkhead, TaskCancelledError } from 'cockatiel'
import { Overloaded } from './overloaded.ts'

type Limits = { maxRunning: number; maxQueued: number; maxWaitMs: number }

/**
 * Returns a function that runs work under a key. At most `maxRunning` works of one key run at a time; the others queue.
 * Works of different keys do not wait for each other.
 * @throws Overloaded when `maxQueued` works of the key are waiting, or when a work was not started within `maxWaitMs`.
 * A late work is refused when another one of its key ends.
 */
export function createFence({ maxRunning, maxQueued, maxWaitMs }: Limits) {
  type Entry = { policy: ReturnType<typeof bulkhead>; calls: number }
  const entries = new Map<string, Entry>()
  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const entry = entries.get(key) ?? { policy: bulkhead(maxRunning, maxQueued), calls: 0 }
    entries.set(key, entry)
    entry.calls++
    try {
      const isFree = entry.policy.executionSlots > 0
      return await entry.policy.execute(work, isFree ? undefined : AbortSignal.timeout(maxWaitMs))
    } catch (error) {
      if (error instanceof BulkheadRejectedError) throw new Overloaded(`${maxQueued} transactions are waiting`)
      if (error instanceof TaskCancelledError) throw new Overloaded(`not started within ${maxWaitMs} ms`)
      throw error
    } finally {
      if (--entry.calls === 0) entries.delete(key)
    }
  }
}
