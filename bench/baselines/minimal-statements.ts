/** A prepared statement. It returns the JSON of each row as `text`. */
export type MinimalStatement = { name: string; text: string }

/** A row to insert, as the request and the server make it. */
export type Create = { id: string; userId: string; goalId?: string }

/** Returns the statements of the minimal server: one per write, for the row and its outbox row. */
export const minimalStatements = () => ({
  createGoals: withOutbox('goal:created', {
    name: 'minimal_create_goals',
    change: `insert into bench_goals (id, user_id, title, description, priority, target_date, category, tags, metadata)
      select id, "userId", title, description, priority, "targetDate", category, tags, metadata
      from jsonb_to_recordset($1::jsonb) as x(id uuid, "userId" uuid, title text, description text, priority priority,
        "targetDate" date, category text, tags jsonb, metadata jsonb)`,
  }),
  createTasks: withOutbox('task:created', {
    name: 'minimal_create_tasks',
    change: `insert into bench_tasks (id, goal_id, owner_id, user_id, title, description, priority, due_date,
        estimated_hours, tags, metadata)
      select id, "goalId", "userId", "userId", title, description, priority, "dueDate", "estimatedHours", tags, metadata
      from jsonb_to_recordset($1::jsonb) as x(id uuid, "goalId" uuid, "userId" uuid, title text, description text,
        priority priority, "dueDate" date, "estimatedHours" numeric, tags jsonb, metadata jsonb)`,
  }),
  patchGoal: withOutbox('goal:updated', { name: 'minimal_patch_goal', change: patchOf('bench_goals') }),
  patchTask: withOutbox('task:updated', { name: 'minimal_patch_task', change: patchOf('bench_tasks') }),
  completeTask: withOutbox('task:completed', {
    name: 'minimal_complete_task',
    change: `update bench_tasks set status = 'COMPLETED', completed_at = now(), updated_at = now(),
        version = version + 1
      where id = $1::uuid and status in ('TODO', 'IN_PROGRESS') and deleted_at is null`,
  }),
})

/** Returns an UPDATE with a version check. */
const patchOf = (table: string) =>
  `update ${table} set title = coalesce($3::text, title), priority = coalesce($4::priority, priority),
     updated_at = now(), version = version + 1
   where id = $1::uuid and version = $2::int and deleted_at is null`

const withOutbox = (topic: string, { name, change }: { name: string; change: string }): MinimalStatement => ({
  name,
  text: `with changed as (${change} returning *),
    emitted as (
      insert into bench_outbox (topic, aggregate_id, payload)
      select '${topic}', id, jsonb_build_object('id', id, 'title', title, 'version', version) from changed
    )
    select row_to_json(changed)::text as text from changed`,
})
