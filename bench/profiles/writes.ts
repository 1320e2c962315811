import { moveTask, patchTask } from '../../apps/api/src/features/tasks/change.ts'
import { createTask } from '../../apps/api/src/features/tasks/create.ts'
import type { Precondition } from '../../apps/api/src/resource/precondition.ts'
import type { Context } from '../context.ts'
import { newTask, requestsAs, walkRows } from '../requests.ts'
import { goalId, taskId } from '../script.ts'
import { seeded, taskRanges } from '../seed.ts'
import { actor, recordStatements } from '../statements.ts'
import { explain, type Recorded } from './explain.ts'
import { profileApi } from './profile-api.ts'

/**
 * Returns, as Markdown, where the time of a write goes: in the API by function for a PATCH, in Postgres by plan for a
 * PATCH, a completion and a create of a task.
 */
export async function profileWrites(context: Context): Promise<string> {
  const [from, end] = taskRanges(context.rows).profile
  const requests = requestsAs(context.token)
  const middle = Math.floor((from + end) / 2)
  const [nextYoung, nextTask] = [walkRows([from, middle]), walkRows([middle + 1, end - 2])]
  const patch = (next: typeof nextTask) => () => requests.patchTask(next())
  const parts = [
    '# Where a write of a task spends its time',
    '## CPU of the API per PATCH',
    await profileApi(context, { next: patch(nextTask), before: patch(nextYoung) }),
    '## Plans',
    'Recorded from the service, in the order of each request: the generic plans of prepared statements, for one row.',
  ]
  for (const write of [
    await recordPatch(context, end),
    await recordComplete(context, end - 1),
    await recordCreate(context),
  ])
    parts.push(...(await explain(context.pool, write)))
  return parts.join('\n\n').concat('\n')
}

const anyVersion: Precondition = { versions: 'any', except: [], required: false, lenient: false }

async function recordPatch({ pool, userId }: Context, row: number): Promise<Recorded> {
  const id = taskId(row)
  const patch = { title: 'Planned once', priority: 'HIGH' } as const
  const statements = await recordStatements(pool, (deps) => patchTask(deps, actor(userId), id, patch, anyVersion))
  return { title: 'PATCH of a task', statements, undo: undoChange(id) }
}

async function recordComplete({ pool, userId }: Context, row: number): Promise<Recorded> {
  const id = taskId(row)
  const complete = { verb: 'complete' } as const
  const statements = await recordStatements(pool, (deps) => moveTask(deps, actor(userId), id, complete, anyVersion))
  return { title: 'Completion of a task', statements, undo: undoChange(id) }
}

/** The statements expect the version that they found. */
const undoChange = (id: string) => ({
  text: `update tasks set version = 1, title = 'Task', status = 'TODO', completed_at = null where id = $1`,
  values: [id],
})

async function recordCreate({ pool, userId }: Context): Promise<Recorded> {
  let id = ''
  const statements = await recordStatements(pool, async (deps) => {
    const input = { ...newTask, tags: [...newTask.tags] }
    id = (await createTask(deps, actor(userId), goalId(seeded.sql[0]), input)).id
  })
  return { title: 'Create of a task', statements, undo: { text: 'delete from tasks where id = $1', values: [id] } }
}
