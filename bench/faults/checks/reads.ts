import { send } from '../load/client.ts'
import { tokenOf } from '../load/users.ts'
import { createBypassHistory } from './bypass-history.ts'
import { type Check, problemOf } from './check.ts'

/**
 * No read during the scenario was older than what was acknowledged before it began. After it, every API returns every
 * live entity in the version of the database.
 * One exception stands in docs/guarantees.md: while Redis has not confirmed the invalidation of a change, or the API
 * that acknowledged it bypasses the cache, another process may still read the older state.
 */
export const checkReads: Check = async ({ environment, ledger }) => {
  const { own, others } = ledger.staleReads
  const wasBypassed = createBypassHistory(environment.apis)
  const isExcepted = (atMs: number) => wasBypassed(atMs) || environment.missedInvalidations.wereMissedAt(atMs)
  const wrong = [...own, ...others.filter(({ atMs }) => !isExcepted(atMs))]
  const describe = (read: (typeof own)[number]) => `${read.id} ${read.seen} instead of ${read.expected.version}`
  return [
    ...problemOf('reads of an older state', wrong.map(describe)),
    ...problemOf('reads after the fault that differ from the database', await findDifferentReads(environment)),
  ]
}

type Entity = { path: string; version: number; owner: string }

async function findDifferentReads({ apis, pool }: Parameters<Check>[0]['environment']): Promise<string[]> {
  const { rows } = await pool.query<Entity>(
    `select '/v1/goals/' || id as path, version, user_id as owner from goals where deleted_at is null
     union all select '/v1/tasks/' || id, version, owner_id from tasks where deleted_at is null`,
  )
  const different: string[] = []
  for (const api of apis)
    for (const { path, version, owner } of rows) {
      const call = { method: 'GET', path, token: await tokenOf(owner), requestId: 'request-final' } as const
      const { body, status, problem } = await send(() => api, call)
      if (body?.version !== version) different.push(`${path} ${body?.version ?? problem ?? status} not ${version}`)
    }
  return different
}
