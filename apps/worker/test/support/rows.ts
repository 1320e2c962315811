import { createDatabase } from '@goals-tasks/db'
import { freshDatabase, until } from '@goals-tasks/devstack/testing'
import type { ConsumerName } from '@goals-tasks/events'
import type pg from 'pg'
import { expect, onTestFinished } from 'vitest'

/** A pool on a migrated, empty database. It closes with the test. */
export async function openPool(poolSize: number): Promise<pg.Pool> {
  const { url } = await freshDatabase()
  const { pool, close } = createDatabase({ url, poolSize, name: 'test', onError: () => undefined })
  onTestFinished(close)
  return pool
}

/** Returns the number of unfinished deliveries by consumer. A consumer without any is missing. */
export async function pendingDeliveries(pool: pg.Pool): Promise<Record<string, number>> {
  const { rows } = await pool.query(`select consumer, count(*)::int as count from deliveries group by consumer`)
  return Object.fromEntries(rows.map((row) => [row.consumer, row.count]))
}

/** Waits until no delivery is left. */
export const untilDrained = ({ pool }: { pool: pg.Pool }) =>
  until(async () => expect(await pendingDeliveries(pool)).toEqual({}))

export const countRows = async (pool: pg.Pool, from: string): Promise<number> =>
  (await pool.query(`select count(*)::int as count from ${from}`)).rows[0].count

/**
 * Lets the lease of every delivery end, as time would. The lock of the table waits for the transactions of running
 * workers: an update of all rows beside them could end in a deadlock.
 */
export const makeDue = (pool: pg.Pool) =>
  pool.query(`
    lock table deliveries in share row exclusive mode;
    update deliveries set due_at = now() - interval '1 second'`)

/** Inserts events of one consumer that have been overdue for a second. No code reads their bodies. */
export const insertOverdueEvents = (pool: pg.Pool, consumer: ConsumerName, count: number) =>
  pool.query(
    `with inserted as (
       insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
       select 'goal:created', 'goal', gen_random_uuid(), 1, 0, gen_random_uuid(), '{}' from generate_series(1, $2)
       returning id
     )
     insert into deliveries (consumer, event_id, due_at) select $1, id, now() - interval '1 second' from inserted`,
    [consumer, count],
  )
