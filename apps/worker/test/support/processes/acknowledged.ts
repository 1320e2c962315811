import type { Acknowledged, Send } from './failover-load.ts'
import type { installProcesses } from './process-installation.ts'

type Processes = Awaited<ReturnType<typeof installProcesses>>

/** Returns the acknowledged writes of which the audit log has no trace. */
export async function findLost({ pool }: Processes, writes: readonly Acknowledged[]): Promise<Acknowledged[]> {
  const { rows } = await pool.query(
    `select n::int from unnest($1::uuid[], $2::int[], $3::text[]) with ordinality made(id, version, title, n)
     where not exists (select from goal_audit_log
       where goal_id = id and goal_audit_log.version = made.version and after::jsonb->>'title' = title)`,
    [writes.map(({ id }) => id), writes.map(({ version }) => version), writes.map(({ title }) => title)],
  )
  return rows.map(({ n }) => writes[n - 1] as Acknowledged)
}

/** Reads every goal through every API, and compares it with Postgres. Returns the goals whose text is another one. */
export async function findStale({ pool }: Processes, apis: readonly string[], send: Send, ids: readonly string[]) {
  const { rows } = await pool.query('select id, version, title from goals')
  const goals = new Map(rows.map((row: Acknowledged) => [row.id, row]))
  const stale: unknown[] = []
  for (const id of ids)
    for (const api of apis) {
      const { status, body } = await send(`${api}/v1/goals/${id}`)
      const goal = goals.get(id)
      const isSame = goal ? body.version === goal.version && body.title === goal.title : status === 404
      if (!isSame) stale.push({ id, goal, status, body })
    }
  return stale
}
