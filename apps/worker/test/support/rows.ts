import { createDatabase } from '@goals-tasks/db'
import { freshDatabase } from '@goals-tasks/devstack/testing'
import type pg from 'pg'
import { onTestFinished } from 'vitest'

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

export const countRows = async (pool: pg.Pool, from: string): Promise<number> =>
  (await pool.query(`select count(*)::int as count from ${from}`)).rows[0].count

/** Lets the lease of every delivery end, as time would. */
export const makeDue = (pool: pg.Pool) => pool.query(`update deliveries set due_at = now() - interval '1 second'`)
