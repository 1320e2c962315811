import { cleanUp, until } from '@goals-tasks/devstack/testing'
import type { Acknowledged, Goal, Send } from './failover-load.ts'
import type { installProcesses } from './process-installation.ts'

type Processes = Awaited<ReturnType<typeof installProcesses>>

/** A read of one goal. `known` is the newest write of it that was acknowledged before the read began. */
export type Read = Goal & {
  api: string
  status: number
  known: Acknowledged
  beganAt: number
  endedAt: number
}

/** So many of the newest writes name the goals that are read. */
const newestWrites = 60
const isAnswered = ({ status }: Read) => status !== 503

/** Reads the goals of the newest acknowledged writes through every API, again and again until it is stopped. */
export function startReads(apis: readonly string[], send: Send, acknowledged: readonly Acknowledged[]) {
  const reads: Read[] = []
  let held: string[] | undefined
  let isStopped = false
  const newest = () => [...new Set(acknowledged.slice(-newestWrites).map(({ id }) => id))]

  async function read(api: string, id: string): Promise<void> {
    const known = acknowledged.findLast((write) => write.id === id) as Acknowledged
    const beganAt = performance.now()
    const { status, body } = await send(`${api}/v1/goals/${id}`)
    const { version, title } = body
    reads.push({ api, id, status, version, title, known, beganAt, endedAt: performance.now() })
  }

  async function run(api: string): Promise<void> {
    for (let i = 0; !isStopped; i++) {
      const ids = held ?? newest()
      await read(api, ids[i % ids.length] as string)
    }
  }

  const done = Promise.all(apis.map(run))
  const stop = async () => {
    isStopped = true
    await done
  }
  cleanUp(stop)
  return {
    reads,
    /** Reads the present goals from now on, and no newer ones. */
    hold(): void {
      held = newest()
    },
    /** Resolves when every API has answered a read of each held goal that began after that time. */
    untilAllReadSince: (since: number) =>
      until(() => {
        const answered = reads.filter((each) => each.beganAt >= since && isAnswered(each))
        const pairs = new Set(answered.map(({ api, id }) => `${api} ${id}`))
        return pairs.size === apis.length * (held ?? []).length
      }),
    stop,
  }
}

/** Returns the answered reads that do not show the write that was acknowledged before them, or a later one. */
export const findOutdated = (reads: readonly Read[]): Read[] =>
  reads.filter(isAnswered).filter(({ status, version, title, known }) => {
    if (status !== 200 || version < known.version) return true
    return version === known.version && title !== known.title
  })

/**
 * Returns the answered reads that show a state which Postgres never had since its promotion. `promoted` has the goals
 * of that moment, and the audit log has the later states.
 */
export async function findForeign({ pool }: Processes, reads: readonly Read[], promoted: readonly Goal[]) {
  const { rows } = await pool.query(
    `select goal_id as id, version, after::jsonb->>'title' as title from goal_audit_log
     where goal_id = any($1)`,
    [promoted.map(({ id }) => id)],
  )
  const base = new Map(promoted.map((goal) => [goal.id, goal]))
  const later = rows.filter(({ id, version }: Goal) => version > (base.get(id)?.version ?? 0))
  const states = Map.groupBy([...promoted, ...later], ({ id }) => id)
  return reads.filter(isAnswered).filter(({ id, status, version, title }) => {
    const had = states.get(id) ?? []
    if (status === 404) return had.length > 0
    return status !== 200 || !had.some((state) => state.version === version && state.title === title)
  })
}
