import { type Executor, executeOnce, findMissingSettings, isBehindPooler, type RunningProcess } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { type DoctorFinding, ok, problem, warning } from './finding.ts'

/** A transaction of ours ends after 60 s. */
const maxTransactionSeconds = 120

/** Compares the connections that all running processes may open with those that Postgres allows. */
export async function checkConnections(db: Executor, processes: readonly RunningProcess[]): Promise<DoctorFinding> {
  const [row] = await executeOnce<{ allowed: number }>(
    db,
    sql`select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
               - current_setting('reserved_connections')::int as allowed`,
  )
  const allowed = row?.allowed ?? 0
  const wanted = processes.reduce((sum, { poolSize }) => sum + poolSize, 0)
  const fact = `${processes.length} processes may open ${wanted} connections, and Postgres allows ${allowed}`
  const check = 'Postgres: connections'
  if (wanted <= allowed) return ok(check, fact)
  return problem(check, fact, 'raise max_connections, lower DB_POOL_SIZE, or run fewer processes')
}

type OldTransaction = { seconds: number; pid: number; name: string; user: string | null; state: string | null }

/** Finds the oldest transaction of the server: it holds back the vacuum and every reader of the event feed. */
export async function checkOldestTransaction(
  db: Executor,
  { maxSeconds = maxTransactionSeconds } = {},
): Promise<DoctorFinding> {
  const [oldest] = await executeOnce<OldTransaction>(
    db,
    sql`select extract(epoch from now() - since)::float8 as seconds, pid, name, "user", state from (
          select coalesce(xact_start, backend_start) as since, pid,
                 coalesce(nullif(application_name, ''), backend_type) as name,
                 usename as "user", state
          from pg_stat_activity where (backend_xid is not null or backend_xmin is not null) and pid <> pg_backend_pid()
          union all
          select prepared, 0, gid, owner, 'prepared' from pg_prepared_xacts) transactions
        order by since limit 1`,
  )
  const check = 'Postgres: oldest transaction'
  if (!oldest) return ok(check, 'none')
  const { seconds, pid, name, user, state } = oldest
  const holder = `${name} (user ${user ?? 'unknown'}, process ${pid}, ${state ?? 'state unknown'})`
  const fact = `${Math.round(seconds)} s, by ${holder}`
  if (seconds <= maxSeconds) return ok(check, fact)
  const end = state === 'prepared' ? `rollback prepared '${name}'` : `select pg_terminate_backend(${pid})`
  return warning(check, fact, `end it when it is not needed: ${end}`)
}

/**
 * Finds a pooler that shares server sessions between clients. The services prepare statements and set their session at
 * its start, so such a pooler would give them sessions of others.
 */
export async function checkPooler(pool: pg.Pool, token: string): Promise<DoctorFinding> {
  const check = 'Postgres: pooler'
  const isShared = await withConnection(pool, (one) =>
    withConnection(pool, async (other) => {
      await one.query(`select set_config('goals_tasks.doctor', $1, false)`, [token])
      const { rows } = await other.query(`select current_setting('goals_tasks.doctor', true) as seen`)
      await one.query(`select set_config('goals_tasks.doctor', '', false)`)
      return rows[0]?.seen === token
    }),
  )
  if (!isBehindPooler(pool)) return judgeSharing(check, isShared)
  return judgePooler(check, isShared, await findMissingSettings(pool))
}

function judgePooler(check: string, isShared: boolean, missing: readonly string[]): DoctorFinding {
  if (missing.length > 0)
    return problem(check, `${missing.length} settings are missing behind the pooler`, `run: ${missing.join('; ')}`)
  return ok(check, `a transaction pooler${isShared ? '' : ', as the URL says'}; the role brings the settings`)
}

async function withConnection<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    return await work(client)
  } finally {
    client.release()
  }
}

function judgeSharing(check: string, isShared: boolean): DoctorFinding {
  if (!isShared) return ok(check, 'each connection has a session of its own')
  return problem(
    check,
    'a transaction pooler stands in between: it shares sessions between clients',
    'add pooler=transaction to DATABASE_URL, connect directly, or use session mode; migrate needs neither',
  )
}
