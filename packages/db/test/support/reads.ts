import type pg from 'pg'
import { onTestFinished } from 'vitest'
import type { Executor } from '../../src/engine/statement.ts'

/** Runs the statements that `work` sends. @returns how many blocks of tables and indexes they read */
export async function countBlocks(pool: pg.Pool, work: (db: Executor) => Promise<unknown>): Promise<number> {
  let blocks = 0
  const counting = {
    async query({ text, values }: { text: string; values: unknown[] }) {
      const { rows } = await pool.query({ text: `explain (analyze, buffers, format json) ${text}`, values })
      const { Plan: plan } = rows[0]['QUERY PLAN'][0]
      blocks += plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
      return pool.query({ text, values })
    },
  }
  await work(counting as unknown as Executor)
  return blocks
}

/** Opens a transaction that keeps every row and index entry of now. It ends with the test. */
export async function holdSnapshot(pool: pg.Pool): Promise<void> {
  const client = await pool.connect()
  onTestFinished(async () => {
    await client.query('rollback')
    client.release()
  })
  await client.query('begin isolation level repeatable read')
  await client.query('select from deliveries limit 1')
}

/**
 * Inserts and finishes 30,000 deliveries to sync, whose events are between ten minutes and one minute old and which
 * became due then. Leaves the deliveries of `except`.
 */
export async function finishBacklog(pool: pg.Pool, { except = [] }: { except?: string[] } = {}): Promise<void> {
  await pool.query(
    `insert into deliveries (consumer, event_id, due_at)
     select 'sync', uuidv7(-age), now() - age
     from generate_series(1, 30000) n, lateral (select interval '62 seconds' + n * interval '18 ms' as age) a`,
  )
  await pool.query(`delete from deliveries where consumer = 'sync' and event_id <> all($1)`, [except])
}
