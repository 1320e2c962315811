import { setTimeout as sleep } from 'node:timers/promises'
import {
  auditRowsNaming,
  deadLettersNaming,
  deleteGoalOfUser,
  deleteRowsOfUser,
  deliveriesNaming,
  eventsNaming,
  executeOnce,
  findOpenTransactions,
  inTransaction,
  leaveForeignTasks,
  liveGoalsOf,
  notificationsNaming,
  type Publish,
  purgeBatchOfUser,
  rewriteMatches,
  webhookChangesNaming,
} from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { countUser } from './count-user.ts'

/** Longer than any transaction of ours. */
const maxWaitMs = 70_000
const maxPasses = 3

type Deps = { pool: pg.Pool; publish: Publish }
export type EraseOptions = {
  /** Stops between two batches. A later call continues. */
  signal?: AbortSignal
  /** Gets the sums so far, after each step. */
  onProgress?: (erased: Readonly<Record<string, number>>) => void
}

/** The numbers of rows that were changed, by table, and of the rows that still belong to the user or name them. */
export type Erasure = { erased: Record<string, number>; left: number; stopped: boolean }

/**
 * Erases a user, in batches of a short transaction each. A call that was cut short is continued by the next one. Rows
 * that are written about the user during the call are erased in another pass. `left` is above 0 when that did not
 * suffice.
 */
export async function eraseUser(deps: Deps, user: string, options: EraseOptions = {}): Promise<Erasure> {
  const { signal, onProgress } = options
  const erased: Record<string, number> = {}
  const add = (table: string, count: number) => {
    if (count > 0) erased[table] = (erased[table] ?? 0) + count
    onProgress?.(erased)
  }
  let left = 0
  for (let pass = 0; pass < maxPasses; pass++) {
    await erase(deps, { user, signal, add })
    if (signal?.aborted) break
    left = sumOf(await countUser(deps.pool, user))
    if (left === 0) break
  }
  return { erased, left, stopped: signal?.aborted ?? false }
}

const sumOf = (counts: Record<string, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0)

type Pass = { user: string; signal: AbortSignal | undefined; add(table: string, count: number): void }

/**
 * The order matters. Goals and tasks are deleted as their owner would do it, so every reader and receiver learns of it.
 * The bodies of their events go next, so that a later effect copies no text of the user. Effects that were computed
 * before end with their transactions. The rows that say which goals and tasks were the user's go last.
 */
async function erase({ pool, publish }: Deps, { user, signal, add }: Pass): Promise<void> {
  const startedAt = await recentPlace(pool)
  await removeEntities({ pool, publish }, { user, signal, add })
  const rewrite = async (table: ReturnType<typeof eventsNaming>, from: readonly string[] | null = null) =>
    add(table.name, await rewriteMatches(pool, table, { from, signal }))
  await rewrite(eventsNaming(user))
  await untilOlderTransactionsEnd(pool, signal)
  await rewrite(eventsNaming(user), startedAt)
  await deleteRowsOfUser(pool, user, { signal, onDeleted: add })
  await rewrite(notificationsNaming(user))
  await rewrite(deadLettersNaming(user))
  await rewrite(deliveriesNaming(user))
  await rewrite(auditRowsNaming('goal', user))
  await rewrite(auditRowsNaming('task', user))
  await rewrite(webhookChangesNaming(user))
  await purge({ pool, publish }, { user, signal, add })
}

async function removeEntities({ pool, publish }: Deps, { user, signal, add }: Pass): Promise<void> {
  for (let goals = await liveGoalsOf(pool, user); goals.length > 0; goals = await liveGoalsOf(pool, user))
    for (const goalId of goals) {
      if (signal?.aborted) return
      await inTransaction(pool, publish, (tx) => deleteGoalOfUser(tx, goalId))
      add('deleted goals', 1)
    }
  for (let found = 1; found > 0 && !signal?.aborted; ) {
    found = await inTransaction(pool, publish, (tx) => leaveForeignTasks(tx, user))
    add('tasks of others', found)
  }
}

async function purge({ pool, publish }: Deps, { user, signal, add }: Pass): Promise<void> {
  for (let found = 1; found > 0 && !signal?.aborted; ) {
    const { goals, tasks } = await inTransaction(pool, publish, (tx) => purgeBatchOfUser(tx, user))
    add('goals', goals)
    add('tasks', tasks)
    found = goals + tasks
  }
}

/** Returns the lowest id of an event of the last five minutes. */
async function recentPlace(pool: pg.Pool): Promise<string[]> {
  const [row] = await executeOnce<{ id: string }>(
    pool,
    sql`select uuidv7_floor(now() - interval '5 minutes')::text as id`,
    'events_recent',
  )
  return row ? [row.id] : []
}

async function untilOlderTransactionsEnd(pool: pg.Pool, signal: AbortSignal | undefined): Promise<void> {
  const older = new Set(await findOpenTransactions(pool))
  const endsAt = performance.now() + maxWaitMs
  while (!signal?.aborted && performance.now() < endsAt) {
    if (!(await findOpenTransactions(pool)).some((id) => older.has(id))) return
    await sleep(100)
  }
}
