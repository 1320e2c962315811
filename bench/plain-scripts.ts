import { newTask } from './requests.ts'
import { goalIdSql, type Script, taskIdSql } from './script.ts'
import type { Range } from './seed.ts'

/** Returns an INSERT of a task, without events, into `tasks` or into the same columns with three indexes. */
export const plainInsert = (table: 'tasks' | 'bench_tasks', { userId, goals }: { userId: string; goals: Range }) =>
  ({
    texts: [
      `insert into ${table} (id, goal_id, owner_id, user_id, title, description, priority, due_date, estimated_hours,
         tags, metadata)
       values (gen_random_uuid(), ${goalIdSql(':row')}, :user_id::uuid, :user_id::uuid, :title::text,
         :description::text, '${newTask.priority}', '${newTask.dueDate}', ${newTask.estimatedHours},
         :tags::jsonb, :metadata::jsonb)
       returning version`.replaceAll(/\s+/g, ' '),
    ],
    variables: {
      user_id: userId,
      title: newTask.title,
      description: newTask.description,
      tags: JSON.stringify(newTask.tags),
      metadata: JSON.stringify(newTask.metadata),
    },
    rows: goals,
  }) satisfies Script

/** Returns a plain `UPDATE … returning` of a random task, without events. */
export const plainUpdate = (table: 'tasks' | 'bench_tasks', tasks: Range): Script => ({
  texts: [
    `update ${table} set title = :title::text, priority = 'HIGH', updated_at = now(), version = version + 1
     where id = ${taskIdSql(':row')} and deleted_at is null returning id, title, priority, version`.replaceAll(
      /\s+/g,
      ' ',
    ),
  ],
  variables: { title: 'Number once more' },
  rows: tasks,
})
