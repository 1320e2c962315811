import type { ConsumerName } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'
import { dueOf, type LeasedDelivery, leaseOverdue, type Overdue } from './leases.ts'

/**
 * How long a delivery may be due before another process sees it. A transaction ends after 60 s, and each makes its
 * deliveries due no earlier than 30 s after its start.
 */
const dueUnseen = sql`interval '30 seconds'`
const wholeLookEveryMs = 60_000
const beginning = '-infinity'

/** The overdue deliveries of one consumer, as one process looks for them. */
export type OverdueLook = ReturnType<typeof createOverdueLook>

/**
 * Creates the look of a process at the overdue deliveries of a consumer. While any transaction stays open, the index
 * keeps the entries of all deliveries that were finished since it began, and a search from the beginning reads each of
 * them. So a look begins at the oldest delivery that the last look found, and 30 s before the last look when none was
 * overdue. One look per minute begins at the beginning: it finds a delivery whose due time was written in the past,
 * for example by a server whose clock is behind.
 */
export function createOverdueLook(consumer: ConsumerName, { now = () => performance.now() } = {}) {
  let from = beginning
  let wholeLookAt = Number.NEGATIVE_INFINITY

  return {
    /** Returns for how many seconds the consumer's longest overdue delivery has been due, or 0. */
    async oldestSeconds(db: Executor): Promise<number> {
      const startedAt = now()
      const isWhole = startedAt - wholeLookAt >= wholeLookEveryMs
      const [found] = await executeOnce<{ seconds: number | null; next: string }>(
        db,
        sql`select extract(epoch from now() - oldest)::float8 as seconds,
                   least(oldest, now() - ${dueUnseen})::text as next
            from (select min(due_at) as oldest from deliveries
                  where ${dueOf(consumer)} and due_at >= ${isWhole ? beginning : from}::timestamptz
                    and due_at <= now()) overdue`,
        'deliveries_overdue',
      )
      if (isWhole) wholeLookAt = startedAt
      from = found?.next ?? beginning
      return found?.seconds ?? 0
    },
    /** Leases deliveries as `leaseOverdue` does, from the one that the last look found. */
    lease: (db: Executor, overdue: Omit<Overdue, 'from'>): Promise<LeasedDelivery[]> =>
      leaseOverdue(db, consumer, { ...overdue, from }),
  }
}
