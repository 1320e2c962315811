import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { moveTask, patchTask } from '../apps/api/src/features/tasks/change.ts'
import { createTask } from '../apps/api/src/features/tasks/create.ts'
import type { Precondition } from '../apps/api/src/resource/precondition.ts'
import { type Context, patience } from './context.ts'
import { type CpuProfile, summarizeProfile } from './cpu-profile.ts'
import { explainWrite, type RecordedWrite } from './explain.ts'
import { loadProgram } from './http.ts'
import { startApi } from './programs.ts'
import { newTask, requestsAs, walkRows } from './requests.ts'
import { goalId, taskId } from './script.ts'
import { type Range, seeded, taskRanges } from './seed.ts'
import { actor, recordStatements } from './statements.ts'

/**
 * Returns, as Markdown, where the time of a write goes: in the API by function for a PATCH, in Postgres by plan for a
 * PATCH, a completion and a create of a task.
 */
export async function profileWrites(context: Context): Promise<string> {
  const [from, end] = taskRanges(context.rows).profile
  const parts = [
    '# Where a write of a task spends its time',
    '## CPU of the API per PATCH',
    await profileApi(context, [from, end - 2]),
    '## Plans',
    'Recorded from the service, in the order of each request: the generic plans of prepared statements, for one row.',
  ]
  for (const write of [
    await recordPatch(context, end),
    await recordComplete(context, end - 1),
    await recordCreate(context),
  ])
    parts.push(...(await explainWrite(context.pool, write)))
  return parts.join('\n\n').concat('\n')
}

/** Loads an API of its own under `--cpu-prof`. */
async function profileApi(context: Context, tasks: Range): Promise<string> {
  const { servers, token } = context
  const folder = join(servers.folder, 'cpu-profile')
  const api = await startApi(servers, patience, ['--cpu-prof', `--cpu-prof-dir=${folder}`])
  const { patchTask } = requestsAs(token)
  const next = walkRows(tasks)
  const startedAt = performance.now()
  const { rate } = await loadProgram({ seconds: 5 }, { program: api, expect: 200, next: () => patchTask(next()) })
  const loadedMs = performance.now() - startedAt
  await api.stop()
  const [file = ''] = await readdir(folder)
  const profile: CpuProfile = JSON.parse(await readFile(join(folder, file), 'utf8'))
  const stopMs = performance.now() - startedAt - loadedMs
  return summarizeProfile(profile, { loadedMs, stopMs, requests: (rate * loadedMs) / 1_000 })
}

const anyVersion: Precondition = { versions: 'any', except: [], required: false, lenient: false }

async function recordPatch({ pool, userId }: Context, row: number): Promise<RecordedWrite> {
  const id = taskId(row)
  const patch = { title: 'Planned once', priority: 'HIGH' } as const
  const statements = await recordStatements(pool, (deps) => patchTask(deps, actor(userId), id, patch, anyVersion))
  return { title: 'PATCH of a task', statements, undo: undoChange(id) }
}

async function recordComplete({ pool, userId }: Context, row: number): Promise<RecordedWrite> {
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

async function recordCreate({ pool, userId }: Context): Promise<RecordedWrite> {
  let id = ''
  const statements = await recordStatements(pool, async (deps) => {
    const input = { ...newTask, tags: [...newTask.tags] }
    id = (await createTask(deps, actor(userId), goalId(seeded.sql[0]), input)).id
  })
  return { title: 'Create of a task', statements, undo: { text: 'delete from tasks where id = $1', values: [id] } }
}
