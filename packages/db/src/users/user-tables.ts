import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { goalText, notificationText, taskText } from '../reads/representation.ts'
import {
  apiKeys,
  contactConfirmations,
  contacts,
  idempotencyKeys,
  mailDigests,
  mailSchedules,
  notificationPreferences,
  syncRunFailures,
  syncRuns,
  webhookAttempts,
  webhookAuditLog,
  webhooks,
} from '../schema/index.ts'
import { isTextOf, namesUser } from './bodies.ts'
import type { Key, PagedTable } from './pages.ts'

/** The rows of one table that belong to a user or name one. `json` is the data of a row in an export, as text. */
export type UserTable = PagedTable & { name: string; json: SQL }

const id = [{ column: 'id', type: 'uuid' }] as const

/** Both halves have an index of their own, with a condition on `deleted_at`. */
const halves = (table: 'goals' | 'tasks', condition: SQL) => {
  const name = sql.identifier(table)
  return sql`(select * from ${name} where ${condition} and deleted_at is null
    union all select * from ${name} where ${condition} and deleted_at is not null) ${name}`
}

const ownGoals = (user: string) => halves('goals', sql`user_id = ${user}::uuid`)
const ownTasks = (user: string) => halves('tasks', sql`owner_id = ${user}::uuid`)

/** The tasks of other owners that are assigned to the user or that the user created. */
export const foreignTasks = (user: string): SQL => sql`(
  select * from ${halves('tasks', sql`assigned_to = ${user}::uuid`)} where owner_id <> ${user}::uuid
  union select * from ${halves('tasks', sql`user_id = ${user}::uuid and user_id <> owner_id`)}) tasks`

/** Returns a table whose rows have the user in one column. Secrets and stored responses are left out of the export. */
const withColumn = (name: string, table: PgTable, key: Key, matches: SQL): UserTable => ({
  ...{ name, from: sql`${table}`, key, matches, isIndexed: true },
  json: rowAsJson(table, ['body', 'headers', 'events']),
})

/** Returns every column that is not binary as a member. */
function rowAsJson(table: PgTable, leftOut: readonly string[]): SQL {
  const columns = Object.entries(getTableColumns(table)).filter(
    ([name, column]) => column.getSQLType() !== 'bytea' && !leftOut.includes(name),
  )
  const members = columns.map(([name, column]) => {
    const value = column.getSQLType().startsWith('timestamp') ? sql`rfc3339(${column})` : sql`${column}`
    return sql`${sql.raw(`'${name}'`)}, ${value}`
  })
  return sql`jsonb_build_object(${sql.join(members, sql`, `)})::text`
}

/** The rows that an export has, in its order. */
export const exportedTables = (user: string): UserTable[] => [
  { name: 'goal', from: ownGoals(user), key: id, matches: sql`true`, json: goalText('goals'), isIndexed: true },
  { name: 'task', from: ownTasks(user), key: id, matches: sql`true`, json: taskText('tasks'), isIndexed: true },
  {
    ...{ name: 'task-of-another', from: foreignTasks(user), key: id, matches: sql`true`, isIndexed: true },
    json: taskText('tasks'),
  },
  auditTable('goal', user),
  auditTable('task', user),
  {
    ...{ name: 'notification', from: sql`notifications`, key: id, json: notificationText, isIndexed: true },
    matches: sql`notifications.user_id = ${user}::uuid`,
  },
  withColumn(
    'notification-preference',
    notificationPreferences,
    [
      { column: 'kind', type: 'text' },
      { column: 'channel', type: 'text' },
    ],
    sql`user_id = ${user}::uuid`,
  ),
  withColumn('mail-schedule', mailSchedules, [{ column: 'user_id', type: 'uuid' }], sql`user_id = ${user}::uuid`),
  withColumn('mail-digest', mailDigests, id, sql`user_id = ${user}::uuid`),
  withColumn('contact', contacts, [{ column: 'user_id', type: 'uuid' }], sql`user_id = ${user}::uuid`),
  withColumn('contact-confirmation', contactConfirmations, id, sql`user_id = ${user}::uuid`),
  withColumn('api-key', apiKeys, id, sql`user_id = ${user}::uuid`),
  withColumn('webhook', webhooks, id, sql`owner_id = ${user}::uuid`),
  withColumn('webhook-change', webhookAuditLog, id, sql`owner_id = ${user}::uuid`),
  withColumn('webhook-attempt', webhookAttempts, id, ofWebhooks(user)),
  withColumn('sync-run', syncRuns, id, sql`owner_id = ${user}::uuid`),
  withColumn(
    'sync-run-failure',
    syncRunFailures,
    [
      { column: 'run_id', type: 'uuid' },
      { column: 'entity', type: 'text' },
      { column: 'entity_id', type: 'uuid' },
    ],
    sql`run_id in (select sync_runs.id from sync_runs where sync_runs.owner_id = ${user}::uuid)`,
  ),
  withColumn(
    'idempotency-key',
    idempotencyKeys,
    [
      { column: 'route', type: 'text' },
      { column: 'key', type: 'text' },
    ],
    sql`principal_id = ${user}::uuid`,
  ),
  feedTable(user),
]

export const ofWebhooks = (user: string): SQL =>
  sql`webhook_id in (select webhooks.id from webhooks where webhooks.owner_id = ${user}::uuid)`

/** The versions in which the user is the actor, the owner, the creator or the assignee. */
function auditTable(entity: 'goal' | 'task', user: string): UserTable {
  const entityId = `${entity}_id`
  return {
    name: `${entity}-version`,
    from: sql`${sql.identifier(`${entity}_audit_log`)}`,
    key: [
      { column: entityId, type: 'uuid' },
      { column: 'version', type: 'int' },
    ],
    matches: sql`(actor_id = ${user}::uuid or ${namesUser(sql`before`, user)} or ${namesUser(sql`after`, user)})`,
    // The text of another owner is shown in a version that the user could read: as the assignee.
    json: sql`jsonb_build_object('entityId', ${sql.identifier(entityId)}, 'version', version, 'type', type,
      'actorId', actor_id, 'asAdmin', as_admin, 'via', via, 'reason', reason, 'occurredAt', rfc3339(occurred_at),
      'before', ${shownTo(sql`before`, entity, user)}, 'after', ${shownTo(sql`after`, entity, user)})::text`,
    isIndexed: false,
  }
}

const shownTo = (body: SQL, entity: 'goal' | 'task', user: string) => sql`case
  when ${isTextOf(body, sql.raw(`'${entity}'`), user)} or ${body}->>'assignedTo' = ${user} then ${body} end`

/** The places of the feed of the last weeks. */
const feedTable = (user: string): UserTable => ({
  name: 'event',
  from: sql`(select event_readers.visibility, e.* from event_readers join events e on e.id = event_id
             where reader_id = ${user}::uuid) event`,
  ...{ key: id, matches: sql`true`, isIndexed: true },
  json: sql`jsonb_build_object('id', id, 'type', type, 'entityType', aggregate_type, 'entityId', aggregate_id,
    'version', aggregate_version, 'visibility', visibility, 'occurredAt', rfc3339(occurred_at))::text`,
})
