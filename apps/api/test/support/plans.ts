import type pg from 'pg'
import type { Deps } from '../../src/deps.ts'
import type { Actor } from '../../src/resource/actor.ts'

/** Returns dependencies that also explain each statement, and the plans for any values of its parameters. */
export function collectPlans({ deps, pool }: { deps: Deps; pool: pg.Pool }) {
  const plans: string[] = []
  const query = async (statement: { text: string }) => {
    const { rows } = await pool.query(`explain (generic_plan) ${statement.text}`)
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
    return pool.query(statement)
  }
  return { deps: { ...deps, db: { query } as unknown as Deps['db'] }, plans }
}

/** A user without a scope, who calls the functions behind the routes. */
export const actorOf = (id: string): Actor => ({ id, admin: false, scopes: new Set(), correlationId: 'test' })
