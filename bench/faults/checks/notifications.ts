import { type Check, problemOf } from './check.ts'

/** The recipients of an update `p` of a task: a former assignee, and the worker of a task that is blocked or free. */
const recipientsOfUpdate = `array[
  case when p.before->>'assignedTo' is distinct from p.after->>'assignedTo' then p.before->>'assignedTo' end,
  case when (p.before->>'status' <> 'BLOCKED' and p.after->>'status' = 'BLOCKED')
         or (p.before->>'status' = 'BLOCKED' and p.after->>'status' in ('TODO', 'IN_PROGRESS'))
       then coalesce(p.after->>'assignedTo', p.after->>'ownerId') end,
  case when p.before->>'status' <> 'BLOCKED' and p.after->>'blockKind' = 'MANUAL' then p.after->>'ownerId' end]`

/**
 * The notifications are those of the rules: an assignment notifies the assignee, a completed task its owner and its
 * assignee, a completed goal its owner and the assignees of the event, an update of a task the recipients above, and a
 * reminder and the health of a webhook their recipient; the actor never. Each has its event.
 */
export const checkNotifications: Check = async ({ environment }) => {
  const { rows } = await environment.pool.query<{ id: string }>(
    `with expected as (
       select distinct e.id as event_id, recipient::uuid as user_id
       from events e
       join events p using (aggregate_id, aggregate_version)
       cross join lateral unnest(case e.type
         when 'task:assigned' then array[p.after->>'assignedTo']
         when 'task:updated' then ${recipientsOfUpdate}
         when 'task:completed' then array[p.after->>'ownerId', p.after->>'assignedTo']
         when 'goal:completed' then array[p.after->>'userId'] || e.assignees::text[]
         when 'reminder:due' then array[p.after->>'userId']
         when 'webhook:health-changed' then array[e.after->>'userId']
       end) recipient
       where p.ordinal = 0 and recipient is not null and recipient::uuid <> e.actor_id
     )
     select coalesce(expected.event_id, n.event_id)::text as id
     from expected full join notifications n using (event_id, user_id)
     where n.id is null or expected.event_id is null
       or 1 <> (select count(*) from events where aggregate_id = n.id and type = 'notification:sent')`,
  )
  return problemOf(
    'events whose notifications differ from the rules',
    rows.map(({ id }) => id),
  )
}
