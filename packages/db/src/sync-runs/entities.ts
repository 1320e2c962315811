import type { SyncedEntity } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import { goalText, taskText } from '../reads/representation.ts'
import { deleted, live, taskVisibleBy } from '../reads/visibility.ts'

/** A goal or task as its owner sees it. */
export type SyncedRow = {
  entity: SyncedEntity
  id: string
  /** The JSON of the row. */
  text: string
  /** The creation time, RFC 3339, which orders the rows of a run with the id. */
  at: string
}

const texts = { goal: goalText('goals'), task: taskText('tasks') }
const tables = { goal: sql`goals`, task: sql`tasks` }

/** The rows of a user, each set along an index of its own. A row is in one set. Deleted rows can still be restored. */
const sets = (user: SQL): Record<SyncedEntity, SQL[]> => ({
  goal: [sql`user_id = ${user} and ${live}`, sql`user_id = ${user} and ${deleted}`],
  task: [
    sql`owner_id = ${user} and ${live}`,
    sql`owner_id = ${user} and ${deleted}`,
    sql`assigned_to = ${user} and owner_id <> ${user} and ${live}`,
    sql`assigned_to = ${user} and owner_id <> ${user} and ${deleted}`,
    sql`user_id = ${user} and user_id <> owner_id and assigned_to is distinct from ${user} and ${live}
        and ${taskVisibleBy(user, sql`false`)}`,
  ],
})

const union = (selects: SQL[]) =>
  sql.join(
    selects.map((select) => sql`(${select})`),
    sql` union all `,
  )

/** Counts the rows of `user` that were created until then. */
export const countRows = (entity: SyncedEntity, user: SQL, until: SQL): SQL => {
  const selects = sets(user)[entity].map(
    (set) => sql`select count(*) as count from ${tables[entity]} where ${set} and created_at <= ${until}`,
  )
  return sql`(select sum(count)::int from (${union(selects)}) counts)`
}

const owner = sql`run.owner_id`
const place = sql`(coalesce(run.after_at, '-infinity'), coalesce(run.after_id, '00000000-0000-0000-0000-000000000000'))`
const limit = sql`order by created_at, id limit ${sql.placeholder('limit')}::int`

const pageOf = (entity: SyncedEntity) => {
  const selects = sets(owner)[entity].map(
    (set) => sql`select id, created_at, ${texts[entity]} as text from ${tables[entity]}
      where ${set} and created_at <= run.created_at and (created_at, id) > ${place} ${limit}`,
  )
  return prepareStatement<SyncedRow>(
    `sync_run_${entity}s`,
    sql`select ${sql.raw(`'${entity}'`)} as entity, page.id, page.text, rfc3339(page.created_at) as at
        from sync_runs run cross join lateral (select * from (${union(selects)}) found ${limit}) page
        where run.id = ${sql.placeholder('runId')}::uuid order by page.created_at, page.id`,
  )
}
const pages = { goal: pageOf('goal'), task: pageOf('task') }

/** Returns the next goals or tasks of a run, the oldest first. Fewer than `limit` are the last ones. */
export const loadSyncPage = (
  db: Executor,
  entity: SyncedEntity,
  page: { runId: string; limit: number },
): Promise<SyncedRow[]> => pages[entity](db, page)

const due = prepareStatement<Omit<SyncedRow, 'text'> & { text: string | null }>(
  'sync_run_retries',
  sql`select failure.entity, failure.entity_id as id, rfc3339(failure.due_at) as at, case failure.entity
        when 'goal' then (select ${texts.goal} from goals
                          where goals.id = failure.entity_id and goals.user_id = ${owner})
        else (select ${texts.task} from tasks
              where tasks.id = failure.entity_id and ${taskVisibleBy(owner, sql`false`)}) end as text
      from sync_runs run join sync_run_failures failure on failure.run_id = run.id
      where run.id = ${sql.placeholder('runId')}::uuid and failure.due_at <= now()
      order by failure.due_at, failure.entity_id limit ${sql.placeholder('limit')}::int`,
)

/** Returns refused goals and tasks whose time has come. The text is null when their owner no longer sees them. */
export const loadSyncRetries = (db: Executor, page: { runId: string; limit: number }) => due(db, page)
