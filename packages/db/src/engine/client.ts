import pg from 'pg'
import { isConnectionLoss } from './connection-loss.ts'
import { type DatabaseObserver, observeQueries } from './observe-queries.ts'
import { notePooler, sendUnnamed } from './pooler.ts'
import { isPooled, sessionOf } from './session.ts'
import { sqlState } from './sql-state.ts'
import { waitsOf } from './waits.ts'
import { watchConnects } from './watch-connects.ts'

type Options = {
  url: string
  poolSize: number
  name: string
  /** Limit of one statement, 30 s by default. */
  statementTimeoutMs?: number
  /** Limit of opening a connection or waiting for a free one, 5 s by default. */
  connectTimeoutMs?: number
  /** Limit of the wait for one lock, 10 s by default. */
  lockTimeoutMs?: number
  onError: (error: Error) => void
  /** Gets `failed` when Postgres does not answer, and `ready` whenever it does. Default: no call. */
  outage?: Outage
  /** Runs with each new connection before its first use. A rejection refuses the connection. Default: no call. */
  onConnect?: (client: pg.ClientBase) => Promise<void>
  /** Sees the pool and every query. Default: no observer. */
  observer?: DatabaseObserver
}
type Outage = { failed(error: Error): void; ready(): void }

/**
 * Opens a pool of at most `poolSize` connections to the Postgres at `url`. It connects with the first query.
 * Calls `onError` when an idle connection is lost. A query on a lost connection rejects by itself.
 */
export function createDatabase(options: Options) {
  const { url, name, statementTimeoutMs = 30_000, lockTimeoutMs = 10_000, connectTimeoutMs = 5_000 } = options
  const { onConnect, outage, observer } = options
  const pool = new pg.Pool({
    ...sessionOf(url, { name, statementTimeoutMs, lockTimeoutMs }),
    max: options.poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...(onConnect && { onConnect }),
    // The driver has no event for a connection that could not be opened. It only passes the error to its log.
    log: (_message: string, error?: unknown) => reportOutage(error, outage),
  })
  watchConnects(pool, waitsOf(pool).reads)
  pool.on('error', options.onError)
  // The pool listens to its idle clients, and a transaction to its own. Between the two no one listens: the error of a
  // session that ends right then would end the process. The next query of the client rejects anyway.
  pool.on('connect', (client) => client.on('error', () => undefined))
  if (isPooled(url)) notePooler(pool).on('connect', sendUnnamed)
  pool.on('connect', () => outage?.ready())
  if (observer) {
    observer.watchPool(pool)
    pool.on('connect', (client) => observeQueries(client, observer.onQuery))
  }
  // One lost connection is no outage: Postgres may have ended it alone, and the next query opens another.
  pool.on('release', (error?: unknown) => {
    if (!error) outage?.ready()
    else if (isUnanswered(error)) reportOutage(error, outage)
  })
  return { pool, close: () => pool.end() }
}

/** Returns whether a query got no response although its connection is open. */
const isUnanswered = (error: unknown) => error instanceof Error && error.message === 'Query read timeout'

/** Reports a server that cannot be reached, or that starts or stops (57P). */
function reportOutage(error: unknown, outage: Outage | undefined): void {
  if (!(error instanceof Error)) return
  if (isConnectionLoss(error) || sqlState(error)?.startsWith('57P')) outage?.failed(error)
}
