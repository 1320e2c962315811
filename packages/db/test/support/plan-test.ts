import type pg from 'pg'
import type { Executor } from '../../src/engine/statement.ts'
import { test as databaseTest } from './database-test.ts'

type Work = (db: Executor) => Promise<unknown>

type Sent = { text: string; values: unknown[] }

/**
 * `planOf` returns the generic plan of the statement that `work` sends, one line per node. `Subplans Removed` counts
 * the partitions that are not read.
 */
export const test = databaseTest.extend(
  'planOf',
  { scope: 'file' },
  ({ pool }) =>
    async (work: Work): Promise<string> => {
      let plan = ''
      const explaining = {
        async query(sent: Sent) {
          plan = await explain(pool, sent)
          return { rows: [] }
        },
      }
      await work(explaining as unknown as Executor)
      return plan
    },
)

async function explain(pool: pg.Pool, { text, values }: Sent): Promise<string> {
  const client = await pool.connect()
  const literals = values.map((value) =>
    value === null ? 'null' : client.escapeLiteral(Array.isArray(value) ? `{${value}}` : String(value)),
  )
  const call = literals.length > 0 ? `planned (${literals})` : 'planned'
  try {
    await client.query(`prepare planned as ${text}`)
    const { rows } = await client.query(`explain (costs off) execute ${call}`)
    return rows.map((row) => row['QUERY PLAN']).join('\n')
  } finally {
    client.release(true)
  }
}
