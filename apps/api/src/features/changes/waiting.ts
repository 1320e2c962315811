import { type Executor, findReadersWithEvents } from '@goals-tasks/db'

type Waiter = { readerId: string; from: string; end: () => void }

const defaultLimits = { everyMs: 250, perReader: 10, total: 10_000 }

/**
 * Lets requests wait for events. One query per `everyMs` looks for all of them, and none runs while no request waits. A
 * request above the limits does not wait. Close it before the server closes.
 */
export function createWaiting(db: Executor, { everyMs, perReader, total } = defaultLimits) {
  const waiters = new Set<Waiter>()
  let isClosed = false
  let isLooking = false

  async function look(): Promise<void> {
    isLooking = waiters.size > 0
    if (!isLooking) return
    // An outage ends no wait: the read that follows the wait reports it.
    const found = await findReadersWithEvents(db, [...waiters]).catch(() => [])
    for (const { end } of found) end()
    setTimeout(look, everyMs)
  }

  const isFull = (readerId: string): boolean => {
    const own = [...waiters].filter((waiter) => waiter.readerId === readerId).length
    return own >= perReader || waiters.size >= total
  }

  return {
    /** Resolves when the reader has an event that is not in the snapshot `from`, and after `ms` at the latest. */
    waitForEvents(readerId: string, from: string, ms: number): Promise<void> {
      if (isClosed || isFull(readerId)) return Promise.resolve()
      return new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer)
          waiters.delete(waiter)
          resolve()
        }
        const waiter: Waiter = { readerId, from, end }
        const timer = setTimeout(end, ms)
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
