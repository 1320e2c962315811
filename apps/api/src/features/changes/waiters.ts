import { type Executor, findReadersWithEvents } from '@goals-tasks/db'
import type { FeedCursor } from '../../resource/lists/feed-cursor.ts'

/** Where a connection is in the feed. It moves on while the connection waits and no event lies between. */
export type Place = { cursor: FeedCursor }

/** One connection that waits for events after its place. */
export type Waiter = { readerId: string; place: Place; end: () => void }

/** The waits of all connections end as soon as Postgres shows an event. `intervalMs` is the time between two looks. */
type Options = { intervalMs: () => number; onError: (err: unknown) => void }

export type Waiters = ReturnType<typeof createWaiters>

/**
 * Holds the waiting connections, and looks for their events with one query for all of them. No query runs while no
 * connection waits.
 */
export function createWaiters(db: Executor, { intervalMs, onError }: Options) {
  const waiters = new Set<Waiter>()
  const unread = new Set<Waiter>()
  let timer: NodeJS.Timeout | undefined
  let isLooking = false
  let isDue = false

  async function look(): Promise<void> {
    isLooking = true
    while (isDue || unread.size > 0) {
      const some = isDue ? [...waiters] : [...unread]
      isDue = false
      unread.clear()
      if (some.length > 0) await lookFor(some)
    }
    isLooking = false
    schedule()
  }

  /** Ends the waits of readers with events, and moves the other cursors to the present snapshot. */
  async function lookFor(some: readonly Waiter[]): Promise<void> {
    const sought = some.map((waiter) => ({
      waiter,
      readerId: waiter.readerId,
      from: waiter.place.cursor.from.snapshot,
    }))
    // An error ends no wait: the next query may succeed.
    const looked = await findReadersWithEvents(db, sought).catch(onError)
    if (!looked) return
    const { found, epoch, snapshot, takenAtMs } = looked
    const withEvents = new Set(found)
    for (const each of sought) {
      const { waiter } = each
      // A cursor of another epoch has expired, and reading with it says so.
      if (withEvents.has(each) || waiter.place.cursor.epoch !== epoch) waiter.end()
      else if (waiters.has(waiter))
        waiter.place.cursor = { epoch, from: { snapshot, takenAtMs: Math.floor(takenAtMs) } }
    }
  }

  /** One timer runs while a connection waits. A look for unread waiters alone does not put it off. */
  function schedule(): void {
    if (isLooking || timer || waiters.size === 0) return
    timer = setTimeout(lookNow, intervalMs())
  }

  function lookNow(): void {
    clearTimeout(timer)
    timer = undefined
    isDue = true
    start()
  }

  function start(): void {
    if (!isLooking) void look()
  }

  return {
    /** Adds a waiter. With `isUnread` a query looks for it at once, because nothing was read with its cursor yet. */
    add(waiter: Waiter, isUnread: boolean): void {
      waiters.add(waiter)
      if (isUnread) unread.add(waiter)
      if (isUnread) start()
      else schedule()
    },
    remove(waiter: Waiter): void {
      waiters.delete(waiter)
      unread.delete(waiter)
    },
    /** Looks for all of them now. */
    lookNow,
    /** Ends all waits. */
    endAll(): void {
      for (const { end } of waiters) end()
      clearTimeout(timer)
    },
  }
}
