import { randomUUID } from 'node:crypto'
import { createCommit, createDependentTaskIn, inTransaction, moveToDeadLetters } from '@goals-tasks/db'
import { committedOf } from '@goals-tasks/db/testing'
import type { CommittedEvent, ConsumerName, EventType } from '@goals-tasks/events'
import { newGoal, newTask, taskEntity } from '@goals-tasks/events/testing'
import type pg from 'pg'

/** The text that stands in each field of ada that holds text. */
export const secretText = 'secret-text'

const laterText = `${secretText}, later`

const texts = {
  title: secretText,
  description: secretText,
  tags: [secretText],
  metadata: { note: secretText },
} as const

/**
 * Writes the data of three users. Ada owns a goal with a task that ben is assigned, and one that blocks a task of ben.
 * She is assigned a task of ben, and created one in his goal. Eve has nothing in common with them.
 */
export async function createUsers(pool: pg.Pool) {
  const [ada, ben, eve] = [randomUUID(), randomUUID(), randomUUID()]
  const commit = createCommit(pool, () => undefined)
  const by = (actorId: string, ...types: EventType[]) => ({ types, actorId, correlationId: 'request-1' })

  const goalOf = async (userId: string, values = {}) => {
    const goal = newGoal({ userId, ...values })
    const committed = await commit.createGoal({ values: goal, metadata: by(userId, 'goal:created') })
    return { ...goal, event: eventOf(committedOf(committed)) }
  }
  const taskIn = async (goalId: string, owner: string, values = {}, creator = owner) => {
    const task = newTask({ goalId, userId: creator, ...values })
    const metadata = { ...by(creator, 'task:created'), asAdmin: creator !== owner }
    committedOf(await commit.createTask({ values: task, metadata }))
    return task
  }

  const adas = await goalOf(ada, { ...texts, category: secretText })
  const metadata = by(ada, 'goal:updated')
  const changed = { ...adas, status: 'ACTIVE', completedAt: null, version: 1, title: laterText } as const
  committedOf(await commit.updateGoal({ values: changed, metadata }))
  const shared = await taskIn(adas.id, ada, { ...texts, assignedTo: ben })
  committedOf(
    await commit.updateTask({
      values: { ...taskEntity(), ...shared, title: laterText, requireNoDependents: false },
      metadata: by(ada, 'task:updated'),
    }),
  )
  const blocker = await taskIn(adas.id, ada, texts)
  const bens = await goalOf(ben, { title: "ben's goal" })
  const waiting = { status: 'BLOCKED', blockKind: 'DEPENDENCY', blockedFrom: 'TODO' } as const
  const dependent = {
    ...newTask({ goalId: bens.id, userId: ben, title: 'waits' }),
    ...waiting,
    dependencies: [blocker.id],
  }
  await inTransaction(
    pool,
    () => undefined,
    (tx) => createDependentTaskIn(tx, { values: dependent, metadata: by(ben, 'task:created') }),
  )
  const assigned = await taskIn(bens.id, ben, { title: 'for ada', assignedTo: ada })
  const created = await taskIn(bens.id, ben, { title: 'by ada', assignedTo: ada }, ada)
  const eves = await goalOf(eve, { title: "eve's goal" })
  await taskIn(eves.id, eve, { title: "eve's task" })
  await insertRows(pool, { ada, ben, eve, goalId: adas.id, taskId: shared.id })
  await writeAuditRows(pool)
  await pool.query(`update events set assignees = $1 where id = $2`, [[ada, ben], bens.event.id])
  await createDeadLetter(pool, 'sync', adas.event)
  await createDeadLetter(pool, 'sync', bens.event)
  await pool.query(`update dead_letters set error = $1 where event->>'aggregateId' = $2`, [
    `refused: ${secretText}`,
    adas.id,
  ])
  await pool.query(`update deliveries set last_error = $1 where consumer = 'cache-invalidation' and event_id = $2`, [
    secretText,
    adas.event.id,
  ])
  return {
    ada,
    ben,
    eve,
    goalId: adas.id,
    ids: { dependent: dependent.id, assigned: assigned.id, created: created.id },
  }
}

const eventOf = ({ events: [event] }: { events: readonly CommittedEvent[] }) => {
  if (!event) throw new Error('The commit returned no event.')
  return event
}

async function createDeadLetter(pool: pg.Pool, consumer: ConsumerName, { id }: CommittedEvent): Promise<void> {
  if (!(await moveToDeadLetters(pool, { consumer, eventId: id, error: 'it broke' })))
    throw new Error('The delivery did not become a dead letter.')
}

type Subjects = { ada: string; ben: string; eve: string; goalId: string; taskId: string }

/** Inserts the rows that other parts of the service would write. */
async function insertRows(pool: pg.Pool, { ada, ben, eve, goalId, taskId }: Subjects): Promise<void> {
  const notification = `insert into notifications (user_id, kind, channel, event_id, subject_type, subject_id, title,
    text, actor_id) values ($1, 'task-assigned', 'in-app', uuidv7(), 'task', $2, $3, $3, $4)`
  await pool.query(notification, [ada, randomUUID(), 'a task of ben', ben])
  await pool.query(notification, [ben, taskId, secretText, ada])
  await pool.query(notification, [eve, randomUUID(), 'a task', ben])
  await pool.query(
    `insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
     values ('notification:sent', 'notification', uuidv7(), 1, 0, $2::uuid, json_build_object('userId', $1::text,
       'actorId', $2::uuid, 'subjectId', $3::text, 'title', $4::text, 'text', $4::text))`,
    [ben, ada, taskId, secretText],
  )
  await pool.query(
    `insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
     values ('reminder:due', 'reminder', uuidv7(), 1, 0, uuidv7(), json_build_object('userId', $1::text,
       'ownerId', $2::text, 'taskId', $3::text, 'title', $4::text))`,
    [ben, ada, taskId, secretText],
  )
  await pool.query(
    `insert into notification_preferences (user_id, kind, channel, is_enabled)
     values ($1, 'task-assigned', 'in-app', false), ($2, 'task-assigned', 'in-app', false)`,
    [ada, eve],
  )
  await pool.query(
    `with digest as (insert into mail_digests (user_id, sends_at) select u, now() from unnest($1::uuid[]) u)
     insert into mail_schedules (user_id, digest, digest_time, digest_day)
     select u, 'daily', '08:00', 'MONDAY' from unnest($1::uuid[]) u`,
    [[ada, eve]],
  )
  await pool.query(
    `insert into contacts (user_id, email, zone, locale)
     select u, $2 || '@people.example', $2, $2 from unnest($1::uuid[]) u`,
    [[ada], secretText],
  )
  await pool.query(
    `insert into contact_confirmations (user_id, address_hash, expires_at) values ($1, '\\x01', now())`,
    [ada],
  )
  await pool.query(
    `insert into api_keys (id, user_id, name, scopes, secret_hash)
     select uuidv7(), u, 'secret-text', '{goals:read}', '\\x01' from unnest($1::uuid[]) u`,
    [[ada]],
  )
  await pool.query(
    `with webhook as (
       insert into webhooks (owner_id, url, description, filter, secret) values ($1, $2, $3, $3, '\\x01') returning id
     ), change as (
       insert into webhook_audit_log (webhook_id, owner_id, action, version, actor_id)
       select id, owner, 'changed', 2, $1 from webhook, unnest(array[$1, $4]::uuid[]) owner
     ), health as (
       insert into webhook_health_changes (webhook_id, before, error) select id, 'healthy', $3 from webhook
     ) insert into webhook_attempts
         (webhook_id, event_id, event_type, attempted_at, duration_ms, outcome, error, response)
       select id, uuidv7(), 'goal:created', now(), 1, 'failed', $3, $3 from webhook`,
    [ada, `https://example.com/${secretText}`, secretText, ben],
  )
  await pool.query(
    `with run as (
       insert into sync_runs (owner_id, webhook_id, with_goals, with_tasks, state, error, ended_at)
       select owner_id, id, true, true, 'failed', $2, now() from webhooks where owner_id = $1 returning id
     ) insert into sync_run_failures (run_id, entity, entity_id, attempts, error)
       select id, 'goal', uuidv7(), 5, $2 from run`,
    [ada, secretText],
  )
  const key = `insert into idempotency_keys (principal_id, route, key, body_hash, status, headers, body, events)
    values ($1, 'POST /v1/goals', $4, 'h', 200, jsonb_build_object('location', $3::text), $2,
      jsonb_build_array(jsonb_build_object('readers', jsonb_build_array($3::text))))`
  const body = JSON.stringify({ ownerId: ada, title: secretText })
  await pool.query(key, [ada, body, `/v1/goals/${goalId}/${ada}`, secretText])
  await pool.query(key, [ben, body, `/v1/goals/${goalId}/${ada}`, 'k'])
  await pool.query(key, [eve, '{}', '/v1/goals', 'k'])
}

/** Returns the rows of every table in which the text stands, as text. */
export async function rowsWith(pool: pg.Pool, text: string): Promise<string[]> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by relname`,
  )
  const queries = tables.map(({ name }) => `select t::text as row from "${name}" t where position($1 in t::text) > 0`)
  const { rows } = await pool.query<{ row: string }>(`${queries.join(' union all ')} order by row`, [text])
  return rows.map(({ row }) => row)
}

/** Writes the audit rows of all events that have none, as the consumer does. */
export const writeAuditRows = (pool: pg.Pool) =>
  pool.query(`
    with done as (delete from deliveries where consumer = 'audit-log'), primaries as (
      select e.*, after::jsonb || before::jsonb as state_before from events e where ordinal = 0
    ), goal_rows as (
      insert into goal_audit_log (goal_id, version, event_id, type, actor_id, before, after, occurred_at)
      select aggregate_id, aggregate_version, id, type, actor_id, state_before, after, occurred_at from primaries
      where aggregate_type = 'goal' on conflict do nothing
    )
    insert into task_audit_log (task_id, version, event_id, type, actor_id, before, after, occurred_at)
    select aggregate_id, aggregate_version, id, type, actor_id, state_before, after, occurred_at from primaries
    where aggregate_type = 'task' on conflict do nothing`)
