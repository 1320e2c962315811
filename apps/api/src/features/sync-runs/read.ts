import { type Executor, prepareStatement } from '@goals-tasks/db'
import { notFound } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import { type Actor, actorValues } from '../../resource/actor.ts'

const failuresWhere = (condition: 'is null' | 'is not null') => sql`(
  select count(*) from sync_run_failures f where f.run_id = sync_runs.id and f.due_at ${sql.raw(condition)})`

const fields = sql`
  'id', id, 'webhookId', webhook_id, 'state', state, 'total', total, 'goals', goals, 'tasks', tasks,
  'skipped', skipped, 'retrying', ${failuresWhere('is not null')}, 'failed', ${failuresWhere('is null')},
  'error', error, 'createdAt', rfc3339(created_at), 'startedAt', rfc3339(started_at), 'endedAt', rfc3339(ended_at)`

/** The JSON of a row of `sync_runs`. */
export const syncRunText = sql`json_build_object(${fields})::text`

/** How many failures of a run are shown. */
const mostFailures = 100
const failures = sql`(
  select coalesce(json_agg(json_build_object(
    'entityType', entity, 'entityId', entity_id, 'attempts', attempts, 'error', f.error,
    'nextAttemptAt', rfc3339(due_at))), '[]')
  from (select * from sync_run_failures where run_id = sync_runs.id
        order by due_at is not null, entity, entity_id limit ${sql.raw(String(mostFailures))}) f)`

/** A run belongs to the owner of its webhook. An administrator may see and cancel it too. */
const isActors = sql`id = ${sql.placeholder('id')}::uuid
  and (owner_id = ${sql.placeholder('actorId')}::uuid or ${sql.placeholder('asAdmin')}::boolean)`

type StoredSyncRun = { id: string; state: string; text: string }

const byId = prepareStatement<StoredSyncRun>(
  'sync_run_read',
  sql`select id, state, ${syncRunText} as text from sync_runs where ${isActors}`,
)
const withFailures = prepareStatement<{ text: string }>(
  'sync_run_show',
  sql`select json_build_object(${fields}, 'failures', ${failures})::text as text from sync_runs where ${isActors}`,
)

/** Loads a run. @throws Problem 404 for other users */
export async function loadSyncRun(db: Executor, actor: Actor, id: string): Promise<StoredSyncRun> {
  const [run] = await byId(db, { id, ...actorValues(actor) })
  if (!run) throw notFound('sync run')
  return run
}

/** Returns the JSON of a run with the goals and tasks that failed. @throws Problem 404 for other users */
export async function readSyncRun(db: Executor, actor: Actor, id: string): Promise<string> {
  const [run] = await withFailures(db, { id, ...actorValues(actor) })
  if (!run) throw notFound('sync run')
  return run.text
}
