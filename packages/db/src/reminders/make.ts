import type { CommittedEvent } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { concernsAll, emitEvents, emittedEvents, metadataValues } from '../changes/events.ts'
import { systemActorId } from '../changes/purge.ts'
import { prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { isOpen, zoneOfTask } from './open-tasks.ts'
import type { ReminderSlot } from './plan.ts'

/** A place in a slot: the last task that was read. */
export type SlotPlace = { dueAt: string | null; id: string }
type Made = { events: CommittedEvent[]; last: SlotPlace | null }

const firstId = '00000000-0000-0000-0000-000000000000'

/**
 * Makes the reminders of the next `limit` tasks of a slot after a place, each with its event. A task whose goal is not
 * active gets none, and neither does a task that has its reminder already.
 * @returns the last task that was read, or null when no task is left
 */
export async function makeReminders(
  tx: Tx,
  slot: ReminderSlot,
  { after, limit }: { after: SlotPlace | null; limit: number },
): Promise<SlotPlace | null> {
  const metadata = metadataValues({ types: ['reminder:due'], actorId: systemActorId })
  const values = { ...slot, afterId: after?.id ?? firstId, limit, ...metadata }
  const [made] =
    slot.zone === null
      ? await makeOfDay(tx, values)
      : await makeOfInstants(tx, { ...values, dueFrom: after?.dueAt ?? slot.dueFrom })
  tx.events.push(...(made?.events ?? []))
  return made?.last ?? null
}

const after = sql`${sql.placeholder('afterId')}::uuid`
const instantOf = (name: string) => sql`${sql.placeholder(name)}::timestamptz`

/** Returns the statement for tasks of this condition. The order of its index leads from one batch to the next. */
const makeWhere = (name: string, condition: SQL, order: SQL) =>
  prepareStatement<Made>(
    name,
    sql`with due as materialized (
          select id, owner_id, coalesce(assigned_to, owner_id) as user_id, title, due_date, due_at, due_zone,
                 coalesce(${sql.placeholder('remindOn')}::date,
                          due_day(null, due_at - interval '24 hours', due_zone)) as remind_on
          from tasks where ${condition} and ${isOpen} and ${goalIsActive}
          order by ${order} limit ${sql.placeholder('limit')}::int
        ), made as (
          insert into reminders (task_id, kind, remind_on)
          select id, ${sql.placeholder('kind')}::text, remind_on from due order by id
          on conflict (task_id, kind, remind_on) do nothing
          returning id, task_id, kind, remind_on
        ), changed as (
          select made.id, 1 as version, null::json as before,
                 json_build_object(
                   'id', made.id, 'taskId', task_id, 'ownerId', owner_id, 'userId', user_id, 'kind', kind,
                   'remindOn', made.remind_on, 'title', title, 'dueDate', due_date, 'dueAt', rfc3339(due_at),
                   'dueZone', due_zone) as after,
                 '{}'::uuid[] as readers_before, '{}'::uuid[] as readers_after, null::uuid[] as goal_ids,
                 ${concernsAll}
          from made join due on due.id = task_id
        ), ${emitEvents('reminder')}
        select ${emittedEvents} as events,
               (select json_build_object('dueAt', rfc3339(due_at), 'id', id)
                from due order by due_at desc nulls last, id desc limit 1) as last`,
  )

/** A subquery and no join: Postgres could begin a join at the goals. */
const goalIsActive = sql`(
  select goals.status = 'ACTIVE' and goals.deleted_at is null from goals where goals.id = tasks.goal_id)`

const makeOfDay = makeWhere(
  'reminders_of_day',
  sql`due_date = ${sql.placeholder('dueDate')}::date and id > ${after}`,
  sql`id`,
)

const makeOfInstants = makeWhere(
  'reminders_of_instants',
  sql`${zoneOfTask} = ${sql.placeholder('zone')}::text
      and (due_at, id) > (${instantOf('dueFrom')}, ${after}) and due_at < ${instantOf('dueTo')}`,
  sql`due_at, id`,
)
