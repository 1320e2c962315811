import type pg from 'pg'
import { settingsOfRole } from './session.ts'

type Queryable = Pick<pg.Client | pg.Pool, 'query'>
type Send = (...args: unknown[]) => unknown

/** The pools whose connections lead to a pooler in transaction mode. */
const pooled = new WeakSet<object>()

/** Notes that the connections of the pool lead to a pooler. @returns the pool */
export function notePooler(pool: pg.Pool): pg.Pool {
  pooled.add(pool)
  return pool
}

/** Returns whether the connections of the pool lead to a pooler in transaction mode, as its URL says. */
export const isBehindPooler = (pool: object): boolean => pooled.has(pool)

/** Makes the connection prepare no statement: the next transaction may run in another session of Postgres. */
export function sendUnnamed(client: pg.PoolClient): void {
  const send = client.query.bind(client) as Send
  const unnamed: Send = (query, ...rest) => send(isNamed(query) ? { ...query, name: undefined } : query, ...rest)
  Object.assign(client, { query: unnamed })
}

const isNamed = (query: unknown): query is { name: string } =>
  typeof query === 'object' && query !== null && 'name' in query

const normalized = (value: string) => value.toLowerCase().split(',', 1)[0]

/**
 * Returns the settings that a session behind the pooler lacks, with the statements that give them to the role. Nothing
 * when all are there.
 */
export async function findMissingSettings(db: Queryable): Promise<string[]> {
  const { rows } = await db.query(
    `select name, current_setting(name) as value, (select setting::numeric = 0 from pg_settings s
       where s.name = wanted.name and vartype = 'integer') as "isOff", current_user as role, current_database() as db
     from unnest($1::text[]) wanted(name)`,
    [Object.keys(settingsOfRole)],
  )
  return rows
    .filter(({ name, value, isOff }) =>
      name.endsWith('timeout') ? isOff : normalized(value) !== normalized(settingsOfRole[name] ?? ''),
    )
    .map(({ name, role, db }) => `alter role "${role}" in database "${db}" set ${name} = '${settingsOfRole[name]}'`)
}
