import { until } from '@goals-tasks/devstack/testing'
import type pg from 'pg'

/** Resolves when a session of the database waits for a lock. */
export const untilLockWait = (pool: pg.Pool) =>
  until(async () => {
    const { rowCount } = await pool.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rowCount !== 0
  })
