import type pg from 'pg'

/**
 * Every column that can hold an id or a text, by table. `personal` may hold the id or a text of a user, and an erasure
 * deletes or rewrites it. `plain` holds neither. The actions of operators are the exception: they keep the id of a user
 * whose data was exported or erased.
 */
const columns: Record<string, { personal: string; plain: string }> = {
  api_keys: { personal: 'name user_id', plain: 'id scopes secret_hash' },
  audit_retention: { personal: '', plain: 'entity' },
  consumer_pauses: { personal: '', plain: 'actor consumer reason' },
  contact_confirmations: { personal: 'user_id', plain: 'address_hash id' },
  contacts: { personal: 'email locale user_id zone', plain: '' },
  dead_letters: { personal: 'error event', plain: 'consumer event_id id target' },
  deliveries: { personal: 'last_error', plain: 'consumer event_id target' },
  event_readers: { personal: 'reader_id', plain: 'event_id' },
  events: {
    personal: 'actor_id after assignees before',
    plain: 'aggregate_id aggregate_type cascade_id causation_id correlation_id id reason traceparent type via',
  },
  goal_audit_log: {
    personal: 'actor_id after before',
    plain: 'cascade_id correlation_id event_id goal_id reason type via',
  },
  goals: {
    personal: 'category description metadata tags title user_id',
    plain: 'close_cascade_id delete_cascade_id id',
  },
  idempotency_keys: { personal: 'body events headers key principal_id', plain: 'body_hash route' },
  mail_digests: { personal: 'user_id', plain: 'id' },
  mail_schedules: { personal: 'user_id', plain: 'digest digest_day digest_time quiet_from quiet_until' },
  notification_preferences: { personal: 'user_id', plain: 'channel kind' },
  notifications: {
    personal: 'actor_id text title user_id',
    plain: 'channel digest_id event_id id kind skip_reason subject_id subject_type',
  },
  operator_actions: { personal: '', plain: 'action actor details id reason subject' },
  processes: { personal: '', plain: 'consumers host id role version' },
  receivers: { personal: '', plain: 'block_reason consumer' },
  reminders: { personal: '', plain: 'id kind task_id' },
  sync_run_failures: { personal: 'error', plain: 'entity entity_id run_id' },
  sync_runs: { personal: 'error owner_id', plain: 'after_id event_id id stage state webhook_id' },
  task_audit_log: {
    personal: 'actor_id after before',
    plain: 'cascade_id correlation_id event_id reason task_id type via',
  },
  task_dependencies: { personal: '', plain: 'depends_on_id task_id' },
  tasks: {
    personal: 'assigned_to description metadata owner_id tags title user_id',
    plain: 'close_cascade_id closed_from delete_cascade_id dependencies due_zone goal_id id',
  },
  webhook_audit_log: {
    personal: 'actor_id owner_id',
    plain: 'action correlation_id fields id via webhook_id',
  },
  webhook_attempts: { personal: 'error response', plain: 'event_id event_type id outcome webhook_id' },
  webhook_health_changes: { personal: 'error', plain: 'before webhook_id' },
  webhooks: {
    personal: 'description filter owner_id url',
    plain: 'disabled_cause health id previous_secret secret types',
  },
}

const read = (names: string) => names.split(' ').filter(Boolean)

/** The classified columns, as `table.column`. */
export const columnsIn = (kind: 'personal' | 'plain'): string[] =>
  Object.entries(columns)
    .flatMap(([table, kinds]) => read(kinds[kind]).map((column) => `${table}.${column}`))
    .sort()

/** Returns every column of the database that can hold an id or a text, as `table.column`. */
export async function textColumns(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select relname || '.' || attname as name from pg_class join pg_attribute on attrelid = pg_class.oid
     join pg_type t on t.oid = atttypid
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
       and attnum > 0 and not attisdropped and typname in ('uuid', '_uuid', 'text', '_text', 'json', 'jsonb', 'bytea')`,
  )
  return rows.map(({ name }) => name).sort()
}

/** Returns the columns in which one of the texts stands. */
export async function columnsWith(pool: pg.Pool, texts: readonly string[]): Promise<string[]> {
  const queries = (await textColumns(pool)).map((name) => {
    const [table, column] = name.split('.')
    return `select '${name}' as name where exists (
      select from "${table}" row, unnest($1::text[]) wanted where position(wanted in row."${column}"::text) > 0)`
  })
  const { rows } = await pool.query<{ name: string }>(queries.join(' union all '), [texts])
  return rows.map(({ name }) => name).sort()
}
