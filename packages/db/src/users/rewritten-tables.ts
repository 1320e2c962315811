import { type SQL, sql } from 'drizzle-orm'
import { stateBefore } from '../reads/event-bodies.ts'
import { erasedText, isOfUser, isTextOf, namesUser, noUser, withoutUser } from './bodies.ts'
import type { PagedTable } from './pages.ts'

/** A table whose rows stay without the user. No index leads to the rows, so the whole table is read. */
type RewrittenTable = PagedTable & { name: string; set: SQL }

const actor = (user: string) => sql`case when target.actor_id = ${user}::uuid then ${noUser} else target.actor_id end`
const column = (name: string, row = 'target') => sql`${sql.identifier(row)}.${sql.identifier(name)}`

/**
 * The events. Their ids, types and versions stay, and so does their order. The title of a notification of another user
 * may be that of a goal or task of this user.
 */
export const eventsNaming = (user: string): RewrittenTable => {
  const isNotificationOfOwn = sql`(aggregate_type = 'notification' and after->>'title' <> ${erasedText}
    and ${isOfUser(sql`(after->>'subjectId')::uuid`, user)})`
  return {
    name: 'events',
    from: sql`events`,
    key: [{ column: 'id', type: 'uuid' }],
    isIndexed: false,
    matches: sql`coalesce(actor_id = ${user}::uuid or ${user}::uuid = any(assignees)
      or ${namesUser(sql`before`, user)} or ${namesUser(sql`after`, user)} or ${isNotificationOfOwn}, false)`,
    set: sql`actor_id = ${actor(user)}, assignees = array_replace(target.assignees, ${user}::uuid, ${noUser}),
      before = (${withoutUser(sql`(${stateBefore('target')})`, column('aggregate_type'), user)})::json,
      after = (${withoutUser(sql`target.after::jsonb`, column('aggregate_type'), user)})::json`,
  }
}

/** One audit log. Each version stays, with its type, its time and the actors who are other users. */
export const auditRowsNaming = (entity: 'goal' | 'task', user: string): RewrittenTable => {
  const type = sql.raw(`'${entity}'`)
  return {
    name: `${entity}_audit_log`,
    from: sql`${sql.identifier(`${entity}_audit_log`)}`,
    key: [
      { column: `${entity}_id`, type: 'uuid' },
      { column: 'version', type: 'int' },
    ],
    isIndexed: false,
    matches: sql`(actor_id = ${user}::uuid or ${namesUser(sql`before`, user)} or ${namesUser(sql`after`, user)})`,
    set: sql`actor_id = ${actor(user)},
      before = ${withoutUser(column('before'), type, user)}, after = ${withoutUser(column('after'), type, user)}`,
  }
}

/** The changes that the user made, as an administrator, of the webhooks of others. */
export const webhookChangesNaming = (user: string): RewrittenTable => ({
  name: 'webhook_audit_log',
  from: sql`webhook_audit_log`,
  key: [{ column: 'id', type: 'uuid' }],
  isIndexed: false,
  matches: sql`(actor_id = ${user}::uuid and owner_id <> ${user}::uuid)`,
  set: sql`actor_id = ${actor(user)}`,
})

/** The notifications that other users got. */
export const notificationsNaming = (user: string): RewrittenTable => {
  const isOfOwn = isOfUser(sql`target.subject_id`, user)
  return {
    name: 'notifications',
    from: sql`notifications`,
    key: [{ column: 'id', type: 'uuid' }],
    isIndexed: false,
    matches: sql`(actor_id = ${user}::uuid or (title <> ${erasedText} and ${isOfUser(sql`subject_id`, user)}))`,
    set: sql`actor_id = ${actor(user)},
      title = case when ${isOfOwn} then ${erasedText} else target.title end,
      text = case when ${isOfOwn} then '' else target.text end`,
  }
}

/** The dead letters. A replay sends the rewritten event. The error may quote a text of the event. */
export const deadLettersNaming = (user: string): RewrittenTable => {
  const body = (name: 'before' | 'after', row: string) => sql`(${column('event', row)}->${sql.raw(`'${name}'`)})`
  const type = sql`(target.event->>'aggregateType')`
  const erased = (name: 'before' | 'after') => withoutUser(body(name, 'target'), type, user)
  const assignees = sql`(select jsonb_agg(case when value = ${user} then ${noUser}::text else value end order by n)
    from jsonb_array_elements_text(case when jsonb_typeof(target.event->'assignees') = 'array'
      then target.event->'assignees' else '[]' end) with ordinality as a(value, n))`
  const isOfOwn = sql`(dead_letters.event->>'aggregateType' = 'notification'
    and dead_letters.event->'after'->>'title' <> ${erasedText}
    and ${isOfUser(sql`(dead_letters.event->'after'->>'subjectId')::uuid`, user)})`
  return {
    name: 'dead_letters',
    from: sql`dead_letters`,
    key: [{ column: 'id', type: 'uuid' }],
    isIndexed: false,
    matches: sql`coalesce(event->>'actorId' = ${user} or event->'assignees' ? ${user}
      or ${namesUser(body('before', 'dead_letters'), user)} or ${namesUser(body('after', 'dead_letters'), user)}
      or ${isOfOwn}, false)`,
    set: sql`event = target.event || jsonb_build_object(
        'actorId', case when target.event->>'actorId' = ${user} then ${noUser}::text else target.event->>'actorId' end,
        'assignees', ${assignees}, 'before', ${erased('before')}, 'after', ${erased('after')}),
      error = case when ${isTextOf(body('before', 'target'), type, user)}
          or ${isTextOf(body('after', 'target'), type, user)}
        then ${erasedText} else target.error end`,
  }
}

/** The errors of deliveries that are not finished. They may quote a text of the event. */
export const deliveriesNaming = (user: string): RewrittenTable => ({
  name: 'deliveries',
  from: sql`deliveries`,
  key: [
    { column: 'consumer', type: 'text' },
    { column: 'event_id', type: 'uuid' },
    { column: 'target', type: 'text' },
  ],
  isIndexed: false,
  matches: sql`coalesce(last_error <> ${erasedText} and exists (
    select from events e where e.id = event_id and ${isOfUser(sql`e.aggregate_id`, user)}), false)`,
  set: sql`last_error = ${erasedText}`,
})
