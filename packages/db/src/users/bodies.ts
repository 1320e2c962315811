import { type SQL, sql } from 'drizzle-orm'
import { systemActorId } from '../changes/purge.ts'

/** The text in place of a title or an error of an erased user. */
export const erasedText = '(erased)'

/** The id in place of the id of an erased user. */
export const noUser = sql`${sql.raw(`'${systemActorId}'`)}::uuid`

/** The members of a body that hold the id of a user. */
export const userMembers = ['userId', 'ownerId', 'assignedTo', 'actorId'] as const

/** The members of a body that hold texts of its owner, with the values in their place. */
export const erasedMembers = {
  goal: { title: erasedText, description: null, category: null, tags: [], metadata: {} },
  task: { title: erasedText, description: null, tags: [], metadata: {} },
  notification: { title: erasedText, text: '' },
  reminder: { title: erasedText },
  webhook: { title: erasedText, error: null },
} as const

/** Returns the predicate "a member of the body (json or jsonb) is the id of the user". */
export const namesUser = (body: SQL, user: string): SQL =>
  sql`coalesce(position(${user} in ${body}::text) > 0 and ${user} in (${membersOf(body)}), false)`

const membersOf = (body: SQL) =>
  sql.join(
    userMembers.map((member) => sql`${body}->>${sql.raw(`'${member}'`)}`),
    sql`, `,
  )

/** Returns the predicate "the goal or task belongs to the user, or belonged to the user". `id` is a uuid. */
export const isOfUser = (id: SQL, user: string): SQL => sql`(
  exists (select from goals where goals.id = ${id} and goals.user_id = ${user}::uuid)
  or exists (select from tasks where tasks.id = ${id} and tasks.owner_id = ${user}::uuid)
  or exists (select from goal_audit_log audit where audit.goal_id = ${id} and audit.after->>'userId' = ${user})
  or exists (select from task_audit_log audit where audit.task_id = ${id} and audit.after->>'ownerId' = ${user}))`

/** Returns the predicate "the body (jsonb) holds texts of the user". `type` is the type of its entity, as text. */
export const isTextOf = (body: SQL, type: SQL, user: string): SQL => sql`coalesce(case ${type}
    when 'goal' then ${body}->>'userId' = ${user}
    when 'task' then ${body}->>'ownerId' = ${user}
    when 'reminder' then ${body}->>'ownerId' = ${user}
    when 'webhook' then ${body}->>'userId' = ${user}
    when 'notification' then ${body}->>'userId' = ${user} or ${isOfUser(sql`(${body}->>'subjectId')::uuid`, user)}
  end, false)`

/** Returns the body (jsonb) without the id of the user, and without the texts of a body that is the user's own. */
export const withoutUser = (body: SQL, type: SQL, user: string): SQL => sql`
  case when jsonb_typeof(${body}) is distinct from 'object' then ${body} else ${body}
    || (select coalesce(jsonb_object_agg(member.key, ${noUser}), '{}') from jsonb_each_text(${body}) member
        where member.key = any(${sql.raw(`'{${userMembers}}'`)}) and member.value = ${user})
    || case when ${isTextOf(body, type, user)} then ${erasedMembersOf(type)} else '{}' end
  end`

const erasedMembersOf = (type: SQL) =>
  sql`case ${type} ${sql.join(
    Object.entries(erasedMembers).map(
      ([name, members]) => sql`when ${sql.raw(`'${name}'`)} then ${sql.raw(`'${JSON.stringify(members)}'`)}::jsonb`,
    ),
    sql` `,
  )} else '{}' end`
