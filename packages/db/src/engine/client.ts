import pg from 'pg'

/** A writer that hangs would hold back every reader of the event feed, so each kind of waiting has an end. */
const sessionSettings = (statementTimeoutMs: number) => [
  'timezone=UTC',
  // Days go out as their text.
  'datestyle=ISO',
  `statement_timeout=${statementTimeoutMs}ms`,
  'lock_timeout=10s',
  'idle_in_transaction_session_timeout=30s',
  'transaction_timeout=60s',
]

/**
 * Opens a pool of `poolSize` connections to the Postgres at `url`; nothing connects before the first query.
 * `onError` isSubscribed of idle connections that were lost; a query on a lost connection rejects by itself.
 */
export function createDatabase(options: {
  url: string
  poolSize: number
  name: string
  /** Longest that one statement may take. */
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
    // Longer than the server's own limit of a statement, so that it only ever ends what the server no longer answers.
    query_timeout: statementTimeoutMs + 5_000,
    options: sessionSettings(statementTimeoutMs)
      .map((setting) => `-c ${setting}`)
      .join(' '),
  })
  pool.on('error', options.onError)
  return { pool, close: () => pool.end() }
}
