import type { CommittedEvent } from '@goals-tasks/events'
import type pg from 'pg'
import type { Tx } from '../../src/engine/transaction.ts'

/**
 * Runs `work` in a transaction. Returns its events, and how many rows the nodes of all its plans have passed on or
 * removed. A nested loop counts the rows of its inner side once per row of its outer side.
 */
export async function countRows(
  pool: pg.Pool,
  work: (tx: Tx) => Promise<unknown>,
): Promise<{ events: readonly CommittedEvent[]; rows: number }> {
  const client = await pool.connect()
  let rows = 0
  client.on('notice', ({ message = '' }) => {
    if (message.includes('plan:')) rows += rowsOf(JSON.parse(message.replace(/^[^{]*/, '')).Plan)
  })
  try {
    await client.query(
      `load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on;
       set auto_explain.log_timing = off; set auto_explain.log_format = json;
       set auto_explain.log_parameter_max_length = 0; set client_min_messages = log`,
    )
    const tx: Tx = { query: client.query.bind(client) as Tx['query'], events: [] }
    await client.query('begin')
    await work(tx)
    await client.query('commit')
    return { events: tx.events, rows }
  } finally {
    client.release(true)
  }
}

/** The numbers are averages over the loops. */
type Plan = {
  'Actual Loops': number
  'Actual Rows': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Join Filter'?: number
  Plans?: Plan[]
}

function rowsOf({ 'Actual Loops': loops, Plans = [], ...plan }: Plan): number {
  const { 'Rows Removed by Filter': filtered = 0, 'Rows Removed by Join Filter': unjoined = 0 } = plan
  const ofChildren = Plans.map(rowsOf).reduce((sum, rows) => sum + rows, 0)
  return loops * (plan['Actual Rows'] + filtered + unjoined) + ofChildren
}
