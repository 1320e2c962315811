import type { Deps } from '../../apps/api/src/deps.ts'
import { listGoals } from '../../apps/api/src/features/goals/list.ts'
import { listTasksOfGoal } from '../../apps/api/src/features/tasks/list.ts'
import { readTask, type TaskInclude } from '../../apps/api/src/features/tasks/read.ts'
import type { Context } from '../context.ts'
import { requestsAs, walkRows } from '../requests.ts'
import { goalId, taskId } from '../script.ts'
import { seeded, taskRanges } from '../seed.ts'
import { actor, recordStatements } from '../statements.ts'
import { explain } from './explain.ts'
import { profileApi } from './profile-api.ts'

/**
 * Returns, as Markdown, where the time of a read goes that nothing has cached: in the API by function for a task, in
 * Postgres by plan for a task and for the first pages of goals and of tasks.
 */
export async function profileReads(context: Context): Promise<string> {
  const requests = requestsAs(context.token)
  const nextAny = walkRows(seeded.http)
  const [from, end] = taskRanges(context.rows).profile
  let row = from
  const nextTask = () => (row <= end ? requests.readTask(row++) : undefined)
  const before = () => requests.readGoal(nextAny().row, {}, '?includeDeleted=true')
  const parts = [
    '# Where a read that nothing has cached spends its time',
    '## CPU of the API per GET of a task',
    await profileApi(context, { next: nextTask, before }),
    '## Plans',
    'Recorded from the service: the generic plans of prepared statements.',
  ]
  const plain: TaskInclude = { includeDeleted: false, capabilities: false }
  const user = actor(context.userId)
  const reads: Record<string, (deps: Deps) => Promise<unknown>> = {
    'GET of a task': (deps) => readTask(deps, user, taskId(from), plain),
    'A page of 50 goals': (deps) => listGoals(deps, user, { limit: 50 }),
    'A page of 50 tasks': (deps) => listTasksOfGoal(deps, user, goalId(1), { limit: 50 }),
  }
  for (const [title, work] of Object.entries(reads))
    parts.push(...(await explain(context.pool, { title, statements: await recordStatements(context.pool, work) })))
  return parts.join('\n\n').concat('\n')
}
