import { until } from '@goals-tasks/devstack/testing'
import type { Environment } from '../environment/environment.ts'
import type { Worker } from '../environment/processes.ts'

/** Less than a worker waits for a lock. */
const timeoutMs = 8_000

const effects = 'goal_audit_log, task_audit_log, notifications'

/**
 * Runs `inject` in the middle of a job of the worker: a transaction has claimed its events and waits for a table until
 * `inject` has ended.
 */
export async function duringJob({ pool }: Environment, worker: Worker, inject: () => unknown): Promise<void> {
  const session = await pool.connect()
  const isWaiting = async () => {
    const { rowCount } = await pool.query(
      `select 1 from pg_locks join pg_stat_activity using (pid)
       where application_name = $1 and relation = 'notifications'::regclass and not granted`,
      [worker.sessionName],
    )
    return rowCount !== 0
  }
  try {
    await session.query('begin')
    await session.query(`lock table ${effects} in share mode`)
    await until(isWaiting, { timeoutMs, describe: `a job of ${worker.sessionName} waits` })
    await inject()
  } finally {
    await session.query('rollback')
    session.release()
  }
}
