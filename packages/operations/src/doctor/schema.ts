import { assertSchema, type Executor, executeOnce, findPostponedMigrations } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { countUnpartitionedEvents } from '../status/unpartitioned.ts'
import { type DoctorFinding, ok, problem, warning } from './finding.ts'

/** Checks the version, the encoding, the rights and the migrations, as a service does at its start. */
export async function checkSchema(pool: pg.Pool): Promise<DoctorFinding> {
  const check = 'Postgres: schema'
  try {
    await assertSchema(pool)
  } catch (error) {
    const [fact = '', ...more] = (error as Error).message.split('\n')
    return problem(check, fact, more.length > 0 ? more.join(' ').trim() : 'run `npm run migrate`')
  }
  const postponed = await findPostponedMigrations(pool)
  if (postponed.length === 0) return ok(check, 'every migration is applied')
  return warning(
    check,
    `postponed: ${postponed.join(', ')}`,
    'after the deploy, run `npm run migrate -- --after-deploy`',
  )
}

/** Checks that the events of the next two weeks have partitions, and that no event lies outside. */
export async function checkPartitions(db: Executor): Promise<DoctorFinding> {
  const check = 'Postgres: partitions'
  const [row] = await executeOnce<{ ahead: number }>(
    db,
    sql`select count(*)::int as ahead from pg_inherits join pg_class on pg_class.oid = inhrelid
        where inhparent = 'events'::regclass
          and pg_get_expr(relpartbound, inhrelid) ~ ${uuidBound}
          and split_part(pg_get_expr(relpartbound, inhrelid), '''', 2)::uuid > uuidv7_floor(now())`,
  )
  const outside = await countUnpartitionedEvents(db)
  const ahead = row?.ahead ?? 0
  const fact = `${ahead} of the coming weeks have one; ${outside} events lie outside`
  if (ahead >= 2 && outside === 0) return ok(check, fact)
  return problem(check, fact, 'run `npm run migrate`, and find out why no worker creates them')
}

const uuidBound = String.raw`FROM \('[0-9a-f-]{36}'\)`
