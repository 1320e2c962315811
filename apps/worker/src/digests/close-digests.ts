import {
  concernsAll,
  emitEvents,
  emittedEvents,
  inTransaction,
  metadataValues,
  prepareStatement,
  systemActorId,
  type Tx,
} from '@goals-tasks/db'
import type { CommittedEvent } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import type { Publishing } from '../runtime/recovery/with-lock.ts'

const digestsPerBatch = 200
/** The next run goes on where this one stopped. */
const maxBatchesPerRun = 100

export type Closing = Publishing & {
  /** Aborts when the process stops. */
  signal: AbortSignal
  /** Returns milliseconds since the epoch. The default is the clock of Postgres, which all processes share. */
  clock?: (() => number) | undefined
}

/**
 * Closes every digest whose window has ended, and emits `digest:due` for each in the same transaction. So a digest is
 * sent once, whichever process closes it, and Redis holds nothing that could be lost.
 */
export async function closeDigests({ pool, publish, signal, clock }: Closing): Promise<void> {
  const now = clock ? new Date(clock()).toISOString() : null
  for (let batch = 0; batch < maxBatchesPerRun && !signal.aborted; batch++)
    if ((await inTransaction(pool, publish, (tx) => closeBatch(tx, now))) < digestsPerBatch) return
}

/**
 * Leaves out a digest that a transaction is adding a notification to: the next run closes it. A transaction that adds
 * one later finds the digest closed, and takes the next window.
 */
const closeDue = prepareStatement<{ events: CommittedEvent[]; count: number }>(
  'mail_digests_close',
  sql`with due as (
        select id from mail_digests
        where closed_at is null and sends_at <= coalesce(${sql.placeholder('now')}::timestamptz, now())
        order by sends_at, id limit ${sql.placeholder('limit')}::int
        for no key update skip locked
      ), closed as (
        update mail_digests set closed_at = now() from due where mail_digests.id = due.id
        returning mail_digests.id, user_id
      ), changed as (
        select id, 1 as version, null::json as before, json_build_object('id', id, 'userId', user_id) as after,
               '{}'::uuid[] as readers_before, '{}'::uuid[] as readers_after, null::uuid[] as goal_ids, ${concernsAll}
        from closed
      ), ${emitEvents('digest')}
      select ${emittedEvents} as events, (select count(*)::int from closed) as count`,
)

async function closeBatch(tx: Tx, now: string | null): Promise<number> {
  const metadata = metadataValues({ types: ['digest:due'], actorId: systemActorId })
  const [result] = await closeDue(tx, { now, limit: digestsPerBatch, ...metadata })
  tx.events.push(...(result?.events ?? []))
  return result?.count ?? 0
}
