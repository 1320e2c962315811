import { recordReceiver } from '@goals-tasks/db'
import { consumersWithReceiver } from '@goals-tasks/events'
import pg from 'pg'
import { createSqlRunner, type SqlRunner } from './pgbench.ts'
import { makeToken, type Program, startApi, startBaseline } from './programs.ts'
import { seedRows } from './seed.ts'
import { type Servers, startServers } from './servers.ts'

/** `rows` is the number of tasks from the start, and `minutes` the time without a worker. */
export type Flags = { seconds: number; rounds: number; rows: number; minutes: number }

/** The servers, processes and settings that every scenario uses. */
export type Context = Flags & {
  servers: Servers
  pool: pg.Pool
  api: Program
  hello: Program
  sqlRunner: SqlRunner
  userId: string
  token: string
  close(): Promise<void>
}

export const connections = 64

/** A busy machine must not look like an overload of the API: a refusal fails a scenario. */
export const patience = { OVERLOAD_AFTER_MS: '60000' }
/** On a busy machine more requests of one user wait than the default admits. */
export const concurrent = { MAX_REQUESTS_PER_USER: '1000' }

const userId = '10000000-0000-4000-8000-000000000001'

export async function createContext(flags: Flags): Promise<Context> {
  const servers = await startServers()
  const pool = new pg.Pool({ connectionString: servers.databaseUrl, max: 16 })
  pool.on('error', (error) => console.error(error.message))
  try {
    await seedRows(pool, { userId, rows: flags.rows })
    // As a worker without SYNC_URL and without a mail server does when it starts.
    for (const consumer of consumersWithReceiver) await recordReceiver(pool, consumer, false)
    const [api, hello] = [
      await startApi(servers, { ...patience, ...concurrent }),
      await startBaseline(servers, 'hello'),
    ]
    const [sqlRunner, token] = [await createSqlRunner(servers.databaseUrl, servers.folder), await makeToken(userId)]
    const stop = async () => {
      await Promise.all([api.stop(), hello.stop(), pool.end()])
      await servers.stop()
    }
    // An interrupt closes the context, and the scenario that then fails closes it again.
    let closing: Promise<void> | undefined
    const close = () => {
      closing ??= stop()
      return closing
    }
    return { ...flags, servers, pool, api, hello, sqlRunner, userId, token, close }
  } catch (error) {
    await pool.end()
    await servers.stop()
    throw error
  }
}

/** Deletes all events and their effects, so that no scenario pays for an earlier one. */
export async function clearEvents({ pool }: Context): Promise<void> {
  await pool.query(
    'truncate events, event_readers, deliveries, goal_audit_log, task_audit_log, notifications, bench_outbox',
  )
}
