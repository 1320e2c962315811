import { sql } from 'drizzle-orm'
import { boolean, check, index, integer, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** A run that sends all goals and tasks of a user to a webhook. Kept for 30 days. */
export const syncRuns = pgTable(
  'sync_runs',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    /** The owner of the webhook, whose goals and tasks are sent. */
    ownerId: uuid('owner_id').notNull(),
    /** No foreign key: a run is shown after its webhook was deleted. */
    webhookId: uuid('webhook_id').notNull(),
    /** The event that started the run. Its delivery carries the run. */
    eventId: uuid('event_id').notNull().default(sql`uuidv7()`),
    state: text('state', { enum: ['pending', 'running', 'completed', 'failed', 'cancelled'] })
      .notNull()
      .default('pending'),
    /** Whether the webhook gets goals and tasks. */
    withGoals: boolean('with_goals').notNull(),
    withTasks: boolean('with_tasks').notNull(),
    /** Goals come first, then tasks, then those that the receiver refused. */
    stage: text('stage', { enum: ['goals', 'tasks', 'retries'] })
      .notNull()
      .default('goals'),
    /** The creation time and the id of the last goal or task of the stage that was sent. Null at its beginning. */
    afterAt: instant('after_at'),
    afterId: uuid('after_id'),
    /** The goals and tasks at the beginning of the run. Null before. */
    total: integer('total'),
    goals: integer('goals').notNull().default(0),
    tasks: integer('tasks').notNull().default(0),
    /** The goals and tasks that the filter of the webhook left out. */
    skipped: integer('skipped').notNull().default(0),
    /** Why the run failed, for the owner. */
    error: text('error'),
    /** Counts the times that a process took the run. Only the process of the last turn may record its progress. */
    turn: integer('turn').notNull().default(0),
    /** No other process takes the run before. */
    leasedUntil: instant('leased_until'),
    createdAt: instant('created_at').notNull().default(sql`now()`),
    startedAt: instant('started_at'),
    endedAt: instant('ended_at'),
  },
  (t) => [
    // One run at a time per webhook.
    uniqueIndex('sync_runs_active').on(t.webhookId).where(sql`state in ('pending', 'running')`),
    // GET /v1/sync-runs: the runs of a user, newest first.
    index('sync_runs_owner_newest').on(t.ownerId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    check('sync_runs_state', sql`${t.state} in ('pending', 'running', 'completed', 'failed', 'cancelled')`),
    check('sync_runs_stage', sql`${t.stage} in ('goals', 'tasks', 'retries')`),
    check('sync_runs_ended', sql`(${t.state} in ('pending', 'running')) = (${t.endedAt} is null)`),
    check('sync_runs_place', sql`(${t.afterAt} is null) = (${t.afterId} is null)`),
  ],
)

/** A goal or task that the receiver refused. At most a thousand per run. Deleted when a later attempt succeeds. */
export const syncRunFailures = pgTable(
  'sync_run_failures',
  {
    runId: uuid('run_id')
      .notNull()
      .references(() => syncRuns.id, { onDelete: 'cascade' }),
    entity: text('entity', { enum: ['goal', 'task'] }).notNull(),
    entityId: uuid('entity_id').notNull(),
    attempts: integer('attempts').notNull(),
    /** When it is sent again. Null after its last attempt. */
    dueAt: instant('due_at'),
    error: text('error').notNull(),
  },
  (t) => [
    // The failures of a run.
    primaryKey({ columns: [t.runId, t.entity, t.entityId] }),
    check('sync_run_failures_entity', sql`${t.entity} in ('goal', 'task')`),
  ],
)
