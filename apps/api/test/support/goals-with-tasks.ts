import type pg from 'pg'
import type { Client } from './client.ts'
import { test as base } from './test.ts'

export type Task = {
  status: 'TODO' | 'IN_PROGRESS' | 'COMPLETED' | 'CANCELLED'
  hundredths: number | null
  deleted: boolean
}
const hours = ({ hundredths }: Task) => (hundredths === null ? null : hundredths / 100)

/** Creates a goal with these tasks. Returns its id. */
async function insertGoalWith(pool: pg.Pool, client: Client, tasks: Task[]) {
  const goal = await client.createGoal()
  await pool.query(
    `insert into tasks (goal_id, owner_id, user_id, title, status, completed_at, estimated_hours, deleted_at)
     select $1, $2, $2, 'Task', status, case when status = 'COMPLETED' then now() end, hours,
            case when deleted then now() end
     from json_to_recordset($3) as t(status task_status, hours numeric, deleted boolean)`,
    [goal.id, client.id, JSON.stringify(tasks.map((task) => ({ ...task, hours: hours(task) })))],
  )
  return goal.id
}

export const taskWith = (status: Task['status'], estimate: number | null = null, deleted = false): Task => ({
  status,
  hundredths: estimate === null ? null : Math.round(estimate * 100),
  deleted,
})

/** A test that creates goals with any number of tasks. */
export const test = base.extend(
  'createGoalWith',
  { scope: 'file' },
  ({ api, ada }) =>
    (tasks: Task[]) =>
      insertGoalWith(api.pool, ada, tasks),
)
