import { type SQL, sql } from 'drizzle-orm'
import { milliseconds, uuid } from '../engine/parameters.ts'
import { type Executor, executeOnce, prepareStatement } from '../engine/statement.ts'
import { countRows } from './entities.ts'

const isActive = sql`state in ('pending', 'running')`

/** A run that a process has taken: no other process works on it until the lease ends. */
export type SyncRunTurn = {
  id: string
  turn: number
  stage: 'goals' | 'tasks' | 'retries'
  withTasks: boolean
  ageMs: number
}

/** The run was taken, another process has it, or it is over. */
export type TakenSyncRun = ({ kind: 'taken' } & SyncRunTurn) | { kind: 'leased'; forMs: number } | { kind: 'over' }

const take = prepareStatement<
  { [K in keyof SyncRunTurn]: SyncRunTurn[K] | null } & { isActive: boolean; forMs: number }
>(
  'sync_run_take',
  sql`with taken as (
        update sync_runs run set
          state = 'running', turn = turn + 1, started_at = coalesce(started_at, now()),
          leased_until = now() + ${sql.placeholder('leaseMs')}::float8 * interval '1 millisecond',
          total = coalesce(total, case when with_goals then ${countRows('goal', sql`run.owner_id`, sql`run.created_at`)}
                                       else 0 end
                                + case when with_tasks then ${countRows('task', sql`run.owner_id`, sql`run.created_at`)}
                                       else 0 end)
        where id = ${uuid('id')} and ${isActive} and coalesce(leased_until <= now(), true)
        returning id, turn, stage, with_tasks, extract(epoch from now() - created_at) * 1000 as age_ms
      )
      select taken.id, taken.turn, taken.stage, taken.with_tasks as "withTasks", taken.age_ms::float8 as "ageMs",
             ${isActive} as "isActive",
             coalesce(greatest(extract(epoch from run.leased_until - now()) * 1000, 1), 1)::float8 as "forMs"
      from sync_runs run left join taken on true where run.id = ${uuid('id')}`,
)

/** Takes a run for one turn of at most `leaseMs`. The first turn counts its goals and tasks. */
export async function takeSyncRun(db: Executor, id: string, leaseMs: number): Promise<TakenSyncRun> {
  const [row] = await take(db, { id, leaseMs })
  if (!row?.isActive) return { kind: 'over' }
  const { id: taken, turn, stage, withTasks, ageMs, forMs } = row
  if (taken === null || turn === null || stage === null || withTasks === null || ageMs === null)
    return { kind: 'leased', forMs }
  return { kind: 'taken', id: taken, turn, stage, withTasks, ageMs }
}

/** A goal or task that was refused. `isAttempt` is false when the receiver asked for time. */
export type SyncFailure = { entity: string; id: string; error: string; isAttempt: boolean; retryAfterMs: number }

export type SyncProgress = {
  id: string
  turn: number
  leaseMs: number
  /** The stage and place from which the run goes on. A place of null is the beginning of the stage. */
  stage: SyncRunTurn['stage']
  after: { at: string; id: string } | null
  /** The numbers of what was sent and left out since the last record. */
  sent: { goals: number; tasks: number; skipped: number }
  failures: readonly SyncFailure[]
  /** The ids of what is no longer a failure. */
  resolved: readonly string[]
  /** The waits before the attempts at a refused goal or task. No attempt follows after the last one. */
  retryWaitsMs: readonly number[]
}

/**
 * Records the progress of a turn and renews its lease. @returns the number of failures that wait for an attempt or have
 * none left, or undefined when the turn is over: the run has ended, or another process has taken it
 */
export async function recordSyncProgress(db: Executor, progress: SyncProgress): Promise<number | undefined> {
  const { id, turn, leaseMs, stage, after, sent, failures, resolved, retryWaitsMs } = progress
  const waits = sql`(${sql.param(retryWaitsMs)}::float8[])`
  const dueAfter = (attempts: SQL) => sql`case when ${attempts} <= ${retryWaitsMs.length}::int then
    now() + interval '1 millisecond' * greatest(${waits}[greatest(${attempts}, 1)], retry_after_ms) end`
  const [recorded] = await executeOnce<{ failures: number }>(
    db,
    sql`with run as (
          update sync_runs set stage = ${stage}, after_at = ${after?.at ?? null}::timestamptz,
            after_id = ${after?.id ?? null}::uuid, leased_until = now() + ${milliseconds(leaseMs)},
            goals = goals + ${sent.goals}::int,
            tasks = tasks + ${sent.tasks}::int, skipped = skipped + ${sent.skipped}::int
          where id = ${id}::uuid and turn = ${turn}::int and state = 'running' returning id
        ), failed as (
          select run.id as run_id, x.entity, x.id, x.error, x."isAttempt"::int as attempts,
                 x."retryAfterMs" as retry_after_ms
          from run cross join json_to_recordset(${JSON.stringify(failures)}::json) as x(
            entity text, id uuid, error text, "isAttempt" boolean, "retryAfterMs" float8)
        ), added as (
          insert into sync_run_failures as failure (run_id, entity, entity_id, attempts, due_at, error)
          select run_id, entity, id, attempts, ${dueAfter(sql`attempts`)}, error from failed
          where not exists (select from sync_run_failures f where f.run_id = failed.run_id and f.entity_id = failed.id)
          returning 1
        ), counted as (
          update sync_run_failures failure set attempts = failure.attempts + failed.attempts, error = failed.error,
            due_at = ${dueAfter(sql`failure.attempts + failed.attempts`)}
          from failed where failure.run_id = failed.run_id and failure.entity_id = failed.id
        ), resolved as (
          delete from sync_run_failures failure using run
          where failure.run_id = run.id and failure.entity_id = any(${sql.param(resolved)}::uuid[])
          returning 1
        )
        select ((select count(*) from sync_run_failures f where f.run_id = run.id)
                + (select count(*) from added) - (select count(*) from resolved))::int as failures
        from run`,
    'sync_run_progress',
  )
  return recorded?.failures
}

/** Ends the lease of a turn, so that another process may take the run. */
export async function leaveSyncRun(db: Executor, { id, turn }: Pick<SyncRunTurn, 'id' | 'turn'>): Promise<void> {
  await executeOnce(
    db,
    sql`update sync_runs set leased_until = null where id = ${id}::uuid and turn = ${turn}::int and ${isActive}`,
    'sync_run_leave',
  )
}

/** Returns the time until the next attempt at a refused goal or task, or null when none follows. */
export async function nextSyncRetryMs(db: Executor, id: string): Promise<number | null> {
  const [next] = await executeOnce<{ waitMs: number | null }>(
    db,
    sql`select (extract(epoch from min(due_at) - now()) * 1000)::float8 as "waitMs"
        from sync_run_failures where run_id = ${id}::uuid`,
    'sync_run_next_retry',
  )
  const waitMs = next?.waitMs ?? null
  return waitMs === null ? null : Math.max(0, waitMs)
}
