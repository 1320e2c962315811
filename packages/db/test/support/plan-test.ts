import type pg from 'pg'
import type { Executor } from '../../src/engine/statement.ts'
import { test as databaseTest } from './database-test.ts'

type Work = (db: Executor) => Promise<unknown>

type Sent = { name?: string; text: string; values: unknown[] }

/**
 * `planOf` returns the plan of the statement that `work` sends, one line per node: the generic plan of a prepared
 * statement, and the plan for its values of any other. `Subplans Removed` counts the partitions that are not read.
 */
export const test = databaseTest.extend(
  'planOf',
  { scope: 'file' },
  ({ pool }) =>
    async (work: Work): Promise<string> => {
      let plan = ''
      const explaining = {
        async query({ name, text, values }: Sent) {
          plan = name ? await genericPlan(pool, text, values) : await explain(pool, text, values)
          return { rows: [] }
        },
      }
      await work(explaining as unknown as Executor)
      return plan
    },
)

async function explain(db: Executor, text: string, values: unknown[] = []): Promise<string> {
  const { rows } = await db.query({ text: `explain (costs off) ${text}`, values })
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}

async function genericPlan(pool: pg.Pool, text: string, values: unknown[]): Promise<string> {
  const client = await pool.connect()
  const literals = values.map((value) =>
    value === null ? 'null' : client.escapeLiteral(Array.isArray(value) ? `{${value}}` : String(value)),
  )
  try {
    await client.query('set plan_cache_mode = force_generic_plan')
    await client.query(`prepare planned as ${text}`)
    return await explain(client, `execute planned (${literals})`)
  } finally {
    client.release(true)
  }
}
