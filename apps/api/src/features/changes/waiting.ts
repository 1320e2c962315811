import { type Executor, findReadersWithEvents } from '@goals-tasks/db'

type Waiter = { readerId: string; from: string; end: () => void }

const defaultLimits = { everyMs: 250, perReader: 10, total: 10_000 }

/** `onError` is called for each query that fails, so four times a second: throttle it. */
type Options = Partial<typeof defaultLimits> & { onError: (err: unknown) => void }

/** The longest time of a wait, and a signal that ends it earlier. */
type Wait = { ms: number; signal?: AbortSignal }

/**
 * Lets requests wait for events. One query per `everyMs` looks for all of them, and none runs while no request waits. A
 * request above the limits does not wait. Close it before the server closes.
 */
export function createWaiting(db: Executor, { onError, ...limits }: Options) {
  const { everyMs, perReader, total } = { ...defaultLimits, ...limits }
  const waiters = new Set<Waiter>()
  let isClosed = false
  let isLooking = false

  async function look(): Promise<void> {
    isLooking = waiters.size > 0
    if (!isLooking) return
    // An error ends no wait: the next query may succeed.
    const found = await findReadersWithEvents(db, [...waiters]).catch((err: unknown) => {
      onError(err)
      return []
    })
    for (const { end } of found) end()
    setTimeout(look, everyMs)
  }

  const isFull = (readerId: string): boolean => {
    const own = [...waiters].filter((waiter) => waiter.readerId === readerId).length
    return own >= perReader || waiters.size >= total
  }

  return {
    /** Resolves when the reader has an event that is not in the snapshot `from`, and when the wait ends without one. */
    waitForEvents(readerId: string, from: string, { ms, signal }: Wait): Promise<void> {
      if (isClosed || signal?.aborted || isFull(readerId)) return Promise.resolve()
      return new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', end)
          waiters.delete(waiter)
          resolve()
        }
        const waiter: Waiter = { readerId, from, end }
        const timer = setTimeout(end, ms)
        signal?.addEventListener('abort', end)
        waiters.add(waiter)
        if (!isLooking) void look()
      })
    },
    /** Ends every wait at once. */
    close(): void {
      isClosed = true
      for (const { end } of waiters) end()
    },
  }
}
