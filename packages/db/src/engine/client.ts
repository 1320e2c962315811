import pg from 'pg'
import { sessionOf } from './session.ts'

/**
 * Opens a pool of at most `poolSize` connections to the Postgres at `url`. It connects with the first query.
 * Calls `onError` when an idle connection is lost. A query on a lost connection rejects by itself.
 */
export function createDatabase(options: {
  url: string
  poolSize: number
  name: string
  /** Limit of one statement, 30 s by default. */
  statementTimeoutMs?: number
  onError: (error: Error) => void
}) {
  const { url, name, statementTimeoutMs = 30_000 } = options
  const pool = new pg.Pool({
    ...sessionOf(url, { name, statementTimeoutMs }),
    max: options.poolSize,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  pool.on('error', options.onError)
  return { pool, close: () => pool.end() }
}
