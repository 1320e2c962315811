import pg from 'pg'

/** An open transaction holds back every reader of the event feed, so each kind of waiting has a limit. */
const sessionSettings = (statementTimeoutMs: number) => [
  'timezone=UTC',
  // Dates are sent as YYYY-MM-DD.
  'datestyle=ISO',
  `statement_timeout=${statementTimeoutMs}ms`,
  'lock_timeout=10s',
  'idle_in_transaction_session_timeout=30s',
  'transaction_timeout=60s',
]

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
  const { statementTimeoutMs = 30_000 } = options
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    application_name: options.name,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // Longer than the server's own limit, so it only ends a query that the server no longer answers.
    query_timeout: statementTimeoutMs + 5_000,
    options: sessionSettings(statementTimeoutMs)
      .map((setting) => `-c ${setting}`)
      .join(' '),
  })
  pool.on('error', options.onError)
  return { pool, close: () => pool.end() }
}
