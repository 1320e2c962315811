import pg from 'pg'
import { createSqlRunner, type SqlRunner } from './pgbench.ts'
import { makeToken, type Program, startApi, startBaseline } from './programs.ts'
import { goalIdSql } from './script.ts'
import { type Servers, startServers } from './servers.ts'

/** `rows` is the number of tasks in the database that the scenario `migrate` migrates. */
export type Flags = { seconds: number; rounds: number; rows: number }

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
/**
 * Numbers of the goals that exist from the start. HTTP changes the first half and SQL the second, so versions do not
 * collide.
 */
export const seeded = { http: [1, 20_000], sql: [20_001, 40_000] } as const

const userId = '10000000-0000-4000-8000-000000000001'

export async function createContext(flags: Flags): Promise<Context> {
  const servers = await startServers()
  const pool = new pg.Pool({ connectionString: servers.databaseUrl, max: 16 })
  pool.on('error', (error) => console.error(error.message))
  try {
    await seedGoals(pool)
    const [api, hello] = [await startApi(servers), await startBaseline(servers, 'hello')]
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

async function seedGoals(pool: pg.Pool): Promise<void> {
  await pool.query(
    `insert into goals (id, user_id, title, description, category, tags, metadata, created_at)
     select ${goalIdSql('n')}, $1, 'Goal ' || n, repeat('What it takes. ', 10), 'work', '["q1", "team"]',
            '{"source": "seed"}', now() - n * interval '1 second'
     from generate_series(1, $2) n`,
    [userId, seeded.sql[1]],
  )
  await pool.query('vacuum (analyze) goals')
}

/** Deletes all events and their effects, so that no scenario pays for an earlier one. */
export async function clearEvents({ pool }: Context): Promise<void> {
  await pool.query('truncate events, event_readers, deliveries, goal_audit_log, task_audit_log, notifications')
}
