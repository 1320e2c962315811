import type { Executor } from '@goals-tasks/db'
import type { FeedHintsSubscription, subscribeToFeedHints } from '@goals-tasks/events'
import { createWaiters, type Place, type Waiter, type Waiters } from './waiters.ts'

/** Subscribes to the hints of all processes. */
export type SubscribeToHints = (listeners: Parameters<typeof subscribeToFeedHints>[1]) => FeedHintsSubscription

export const maxPerReader = 10

const defaultLimits = {
  /** Hints wake the readers, so these queries find only the events whose hints were lost. */
  everyMs: 5_000,
  withoutHintsMs: 250,
  perReader: maxPerReader,
  total: 10_000,
}

/** `onError` is called for each query that fails, up to four times a second: throttle it. */
type Options = Partial<typeof defaultLimits> & { onError: (err: unknown) => void; subscribe?: SubscribeToHints }

/** How a wait ends without events. `isUnread` asks Postgres at once: nothing was read from the place yet. */
type WaitOptions = { ms?: number; signal?: AbortSignal; isUnread?: boolean }

/** The place of one connection. */
export type Listener = {
  /**
   * Resolves when the reader may have events after its place, and when the wait ends without one. Moves the place on
   * while no event lies between.
   */
  wait(place: Place, options?: WaitOptions): Promise<void>
  /** Frees the place and ends the wait. */
  close(): void
}

export type Hub = ReturnType<typeof createHub>

/**
 * Wakes the connections of one process when their readers have events. Hints make it fast. One query for all waiting
 * connections makes it true: every `everyMs`, at once when hints arrive again, and every `withoutHintsMs` while none
 * arrive. Close it before the server closes.
 */
export function createHub(db: Executor, { onError, subscribe, ...limits }: Options) {
  const { everyMs, withoutHintsMs, perReader, total } = { ...defaultLimits, ...limits }
  const listeners = new Map<string, Set<() => void>>()
  let count = 0
  let isSubscribed = false
  let isClosed = false
  const waiters = createWaiters(db, { intervalMs: () => (isSubscribed ? everyMs : withoutHintsMs), onError })
  const subscription = subscribe?.({
    onHint(readers) {
      if (readers === null) waiters.lookNow()
      else for (const reader of readers) for (const wake of listeners.get(reader) ?? []) wake()
    },
    onChange(value) {
      isSubscribed = value
      waiters.lookNow()
    },
  })

  function listen(readerId: string): Listener {
    const { wake, ...listener } = createListener(readerId, waiters, () => isClosed)
    const own = (listeners.get(readerId) ?? new Set()).add(wake)
    listeners.set(readerId, own)
    count++
    return {
      ...listener,
      close() {
        if (own.delete(wake)) count--
        if (own.size === 0) listeners.delete(readerId)
        wake()
      },
    }
  }

  return {
    /** Returns a place for a connection of a reader, or the limit that leaves none. */
    admit(readerId: string): Listener | 'per-reader' | 'total' {
      if (count >= total) return 'total'
      if ((listeners.get(readerId)?.size ?? 0) >= perReader) return 'per-reader'
      return listen(readerId)
    },
    /** Returns the number of places that are taken. */
    count: () => count,
    /** Ends every wait at once, and every later one. */
    async close(): Promise<void> {
      isClosed = true
      waiters.endAll()
      await subscription?.close()
    },
  }
}

/** A hint that arrives between two waits ends the next one at once, so none is missed while a connection reads. */
function createListener(readerId: string, waiters: Waiters, isClosed: () => boolean) {
  let waiter: Waiter | undefined
  let isHinted = false
  return {
    wake(): void {
      if (waiter) waiter.end()
      else isHinted = true
    },
    async wait(place: Place, { ms, signal, isUnread = false }: WaitOptions = {}): Promise<void> {
      const isOver = isClosed() || isHinted || signal?.aborted
      isHinted = false
      if (isOver) return
      const { promise, resolve: end } = Promise.withResolvers<void>()
      const current: Waiter = { readerId, place, end }
      waiter = current
      waiters.add(current, isUnread)
      const timer = ms === undefined ? undefined : setTimeout(end, ms)
      const abort = (): void => end()
      signal?.addEventListener('abort', abort)
      await promise
      signal?.removeEventListener('abort', abort)
      clearTimeout(timer)
      waiters.remove(current)
      waiter = undefined
    },
  }
}
