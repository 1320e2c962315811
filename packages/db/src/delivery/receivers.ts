import type { ConsumerName } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'

/** Whether the consumer has a receiver, and since when (RFC 3339, UTC). */
type Receiver = { isPresent: boolean; since: string }

/**
 * Records whether the consumer has a receiver. Events that are committed without one get no delivery to the consumer.
 * Writes nothing when that is recorded already, so a restart needs no writable Postgres.
 * @returns whether this call changed it
 */
export async function recordReceiver(db: Executor, consumer: ConsumerName, isPresent: boolean): Promise<boolean> {
  if ((await loadReceiver(db, consumer))?.isPresent === isPresent) return false
  const recorded = await executeOnce(
    db,
    sql`insert into receivers (consumer, is_present) values (${consumer}, ${isPresent})
        on conflict (consumer) do update set is_present = excluded.is_present, since = now()
          where receivers.is_present <> excluded.is_present
        returning 1`,
    'receiver_record',
  )
  return recorded.length > 0
}

export async function loadReceiver(db: Executor, consumer: ConsumerName): Promise<Receiver | undefined> {
  const [receiver] = await executeOnce<Receiver>(
    db,
    sql`select is_present as "isPresent", rfc3339(since) as since from receivers where consumer = ${consumer}`,
    'receiver_load',
  )
  return receiver
}
