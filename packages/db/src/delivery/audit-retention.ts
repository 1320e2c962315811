import { sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'

const blocksPerBatch = 500

/** The number of deleted rows, and whether a next batch has something to do. */
export type DeletedAuditRows = { deleted: number; hasMore: boolean }

/**
 * Begins to delete the audit rows that are older than `days`, at the first block of the table. Does nothing until a day
 * has passed since the last round began, and that round is finished. Call within a lock.
 */
export const startAuditRound = (db: Executor, { entity, days }: { entity: 'goal' | 'task'; days: number }) =>
  executeOnce(
    db,
    sql`insert into audit_retention (entity, kept_since, next_block)
        values (${entity}, date_trunc('day', now() - make_interval(days => ${days}), 'UTC'), 0)
        on conflict (entity) do update set kept_since = excluded.kept_since, next_block = 0
        where audit_retention.next_block is null and audit_retention.kept_since < excluded.kept_since`,
    'audit_retention',
  )

/**
 * Deletes old audit rows in the next 500 blocks (4 MB) of the table. Keeps for each goal or task that still exists the
 * newest of its old rows: it has the state at the beginning of the kept time, and the state before the next version.
 * The table is read by its blocks, because no index leads to old rows, and once per round. Call within a lock.
 */
export async function deleteOldAuditRows(tx: Executor, entity: 'goal' | 'task'): Promise<DeletedAuditRows> {
  const [batch] = await executeOnce<DeletedAuditRows>(tx, batchOf(entity), 'audit_rows_delete')
  return batch ?? { deleted: 0, hasMore: false }
}

/** The first tuple of a block of the round. A subquery is known before the scan, so the scan reads a range. */
const tupleOf = (block: 'first' | 'last') => sql`(select format('(%s,0)', ${sql.raw(block)})::tid from round)`

function batchOf(entity: 'goal' | 'task') {
  const [log, rows, id] = [`${entity}_audit_log`, `${entity}s`, `${entity}_id`].map((name) => sql.identifier(name))
  return sql`
    with round as (
      select kept_since, next_block as first, next_block + ${blocksPerBatch}::bigint as last,
             pg_relation_size(${`${entity}_audit_log`}::regclass) / current_setting('block_size')::bigint as blocks
      from audit_retention where entity = ${entity} and next_block is not null
    ), deleted as (
      delete from ${log} old using round
      where old.ctid >= ${tupleOf('first')} and old.ctid < ${tupleOf('last')}
        and old.occurred_at < kept_since
        and (not exists (select from ${rows} where id = old.${id})
             or exists (select from ${log} newer where newer.${id} = old.${id} and newer.version = old.version + 1
                        and newer.occurred_at < kept_since))
      returning 1
    ), progress as (
      update audit_retention set next_block = case when last < blocks then last end
      from round where entity = ${entity} returning next_block
    )
    select (select count(*)::int from deleted) as deleted, next_block is not null as "hasMore" from progress`
}
