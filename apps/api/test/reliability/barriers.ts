import { until } from '@goals-tasks/devstack/testing'
import pg from 'pg'

/** The lock types that a request waits for when another transaction holds a row. */
const rowLocks = ['tuple', 'transactionid']

/** Opens connections that hold requests up by taking locks. `close` releases every lock. */
export function openBarriers({ url }: { url: string }) {
  const pool = new pg.Pool({ connectionString: url })
  const held = new Set<() => Promise<void>>()

  /** Runs a statement that takes a lock. Returns a function that releases the lock. */
  async function hold(statement: string) {
    const client = await pool.connect()
    await client.query('begin')
    await client.query(statement)
    const release = async () => {
      if (!held.delete(release)) return
      await client.query('commit')
      client.release()
    }
    held.add(release)
    return release
  }

  async function countWaitingFor(lockTypes: readonly string[]): Promise<number> {
    const { rows } = await pool.query(
      `select count(*)::int as count from pg_locks join pg_stat_activity using (pid)
       where not granted and datname = current_database() and locktype = any($1)`,
      [lockTypes],
    )
    return rows[0].count
  }
  const countWaiting = () => countWaitingFor([...rowLocks, 'relation', 'advisory'])

  return {
    hold,
    holdTask: (id: string) => hold(`select from tasks where id = '${id}' for update`),
    /** Holds up every request that has decided and is about to write, so that none sees what another writes. */
    holdWrites: () => hold('lock table deliveries in share mode'),
    /** Returns how many requests wait for a lock. */
    countWaiting,
    untilWaiting: (count: number) => until(async () => (await countWaiting()) >= count),
    untilRowsAreFree: () => until(async () => (await countWaitingFor(rowLocks)) === 0),
    async close() {
      for (const release of held) await release()
      await pool.end()
    },
  }
}
