import { setTimeout as sleep } from 'node:timers/promises'
import { type Executor, executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type { LoadResult } from './load.ts'
import { entities, ownDeliveries } from './sql.ts'

const stuckAfterMs = 60_000

type Left = { left: number; consumers: string; error: string | null }

/**
 * Resolves when no delivery is left of the events of a load, and of the events that followed from them. Calls `onLeft`
 * with the number of deliveries that are left.
 * @throws Error with the consumers and their last error when the number has not changed for a minute
 */
export async function waitUntilDelivered(
  db: Executor,
  loaded: LoadResult,
  onLeft: (left: number) => void,
): Promise<void> {
  let last = { left: Number.POSITIVE_INFINITY, since: performance.now() }
  for (let waitMs = 50; ; waitMs = Math.min(waitMs * 1.5, 1_000)) {
    const now = await loadLeft(db, loaded)
    if (now.left === 0) return
    onLeft(now.left)
    if (now.left !== last.left) last = { left: now.left, since: performance.now() }
    else if (performance.now() - last.since > stuckAfterMs) throw stuck(now)
    await sleep(waitMs)
  }
}

async function loadLeft(db: Executor, loaded: LoadResult): Promise<Left> {
  const [row] = await executeOnce<Left>(
    db,
    sql`with ${entities(loaded)}
        select count(*)::int as left, string_agg(distinct consumer, ', ') as consumers, min(last_error) as error
        from ${ownDeliveries}`,
  )
  return row ?? { left: 0, consumers: '', error: null }
}

const stuck = ({ left, consumers, error }: Left) =>
  new Error(
    `${left} deliveries (${consumers}) are left and their number has not changed for ${stuckAfterMs / 1_000} s: ` +
      `is a worker running? Last error: ${error ?? 'none'}`,
  )
