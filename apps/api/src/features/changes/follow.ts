import { setTimeout as sleep } from 'node:timers/promises'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { type FeedCursor, formatCursor } from '../../resource/lists/feed-cursor.ts'
import type { Listener } from './hub.ts'
import { beginFeed, type ChangesRead, readChanges, type SnapshotLink, takeSnapshot } from './read.ts'
import type { ChangesQuery } from './schemas.ts'

/** A message of a stream. Each except `lagging` goes with the cursor that a client continues from after it. */
export type FeedMessage =
  | { type: 'ready'; cursor: string }
  | { type: 'change'; cursor: string; text: string }
  /** Nothing was missed up to the cursor. */
  | { type: 'heartbeat'; cursor: string }
  /** Changes come later: the client reads too slowly, or the service cannot read the feed. */
  | { type: 'lagging'; reason: 'slow' | 'unavailable' }
  /** Changes after the cursor of the client are not known. It loads the present state and goes on. */
  | { type: 'reset'; reason: 'cursor-expired' | 'cursor-mismatch'; snapshot: SnapshotLink }

/** The connection to a client, on any transport. */
export type Sink = {
  send(message: FeedMessage): void
  /** Bytes that the client has not taken yet. */
  unsentBytes(): number
}

/** Where a stream begins, and the types of its events. */
export type StreamQuery = { cursor: string | undefined; types: ChangesQuery['types'] | undefined }

const defaultLimits = {
  /** Events of one read. */
  pageSize: 50,
  /** A client with more unsent bytes gets nothing more until it has read a half of them. */
  maxUnsentBytes: 256 * 1024,
  /** A client that takes nothing for so long is closed. */
  stalledMs: 30_000,
  drainCheckMs: 100,
  heartbeatMs: 10_000,
  retryMs: 1_000,
}
export type StreamLimits = typeof defaultLimits

export type Following = {
  deps: Pick<Deps, 'db'>
  /** Returns the actor, whose scopes change with a new token. */
  actor: () => Actor
  listener: Listener
  sink: Sink
  query: StreamQuery
  /** Runs a read. Few reads of streams run at a time, so that requests find a connection to Postgres. */
  inTurn: <T>(read: () => Promise<T>) => Promise<T>
  /** Aborts when the stream ends. */
  signal: AbortSignal
  /** Called for each read that fails: throttle it. */
  onError: (err: unknown) => void
  limits?: Partial<StreamLimits>
}

/**
 * Begins a stream and sends its first message. A write after it always arrives.
 * @returns a function that sends changes until the signal aborts. It resolves with `slow` when the client stalls.
 * @throws when the feed cannot be read
 */
export async function beginFollowing(following: Following) {
  const { deps, sink, query } = following
  const limits = { ...defaultLimits, ...following.limits }
  const actor = following.actor()
  const begun = await following.inTurn(() => beginFeed(deps, actor, query.cursor))
  const place = { cursor: begun ?? (await reset('cursor-mismatch')) }
  if (begun) sink.send({ type: 'ready', cursor: cursorText() })

  function cursorText(): string {
    return formatCursor(actor.id, place.cursor)
  }

  /** Reports that changes may be missing, and returns the present cursor. */
  async function reset(reason: 'cursor-expired' | 'cursor-mismatch'): Promise<FeedCursor> {
    const { cursor, snapshot } = await following.inTurn(() => takeSnapshot(deps, following.actor()))
    sink.send({ type: 'reset', reason, snapshot })
    return cursor
  }

  async function step(): Promise<void> {
    // The end of pages that another connection began is an older snapshot, whose later hints have passed.
    const isPresent = place.cursor.rest === undefined
    const read = await following.inTurn(() =>
      readChanges(deps, following.actor(), { cursor: place.cursor, types: query.types, limit: limits.pageSize }),
    )
    if (following.signal.aborted) return
    if (!read.changes) place.cursor = await reset('cursor-expired')
    else if (sendChanges(read) && !read.hasMore && isPresent) await following.listener.wait(place)
  }

  /** Sends the changes of a page until the client lags. @returns whether all were sent */
  function sendChanges({ changes = [], next }: ChangesRead): boolean {
    for (const { text, cursor } of changes) {
      if (sink.unsentBytes() > limits.maxUnsentBytes) return false
      place.cursor = cursor
      if (text !== null) sink.send({ type: 'change', cursor: cursorText(), text })
    }
    place.cursor = next ?? place.cursor
    return true
  }

  /** Waits until the client has read most of what was sent. @returns false when it takes nothing for `stalledMs` */
  async function drain(): Promise<boolean> {
    if (sink.unsentBytes() <= limits.maxUnsentBytes) return true
    sink.send({ type: 'lagging', reason: 'slow' })
    let least = sink.unsentBytes()
    let progressAt = performance.now()
    while (!following.signal.aborted && sink.unsentBytes() > limits.maxUnsentBytes / 2) {
      if (sink.unsentBytes() < least) progressAt = performance.now()
      least = Math.min(least, sink.unsentBytes())
      if (performance.now() - progressAt > limits.stalledMs) return false
      await pause(limits.drainCheckMs)
    }
    return true
  }

  const pause = (ms: number): Promise<unknown> =>
    sleep(ms, undefined, { signal: following.signal }).catch(() => undefined)

  return async function run(): Promise<'slow' | 'ended'> {
    const beat = setInterval(() => {
      if (sink.unsentBytes() <= limits.maxUnsentBytes) sink.send({ type: 'heartbeat', cursor: cursorText() })
    }, limits.heartbeatMs)
    let isFailing = false
    try {
      while (!following.signal.aborted) {
        if (!(await drain())) return 'slow'
        const failure = await step().then(
          () => undefined,
          (err: unknown) => ({ err }),
        )
        if (failure) following.onError(failure.err)
        if (failure && !isFailing) sink.send({ type: 'lagging', reason: 'unavailable' })
        isFailing = failure !== undefined
        if (isFailing) await pause(limits.retryMs * (0.5 + Math.random()))
      }
      return 'ended'
    } finally {
      clearInterval(beat)
    }
  }
}
