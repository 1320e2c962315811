import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { patchTask } from '../apps/api/src/features/tasks/change.ts'
import type { Context } from './context.ts'
import { type CpuProfile, summarizeProfile } from './cpu-profile.ts'
import { loadProgram } from './http.ts'
import { startApi } from './programs.ts'
import { requestsAs, walkRows } from './requests.ts'
import { taskId } from './script.ts'
import { type Range, taskRanges } from './seed.ts'
import { actor, recordStatements, type Statement } from './statements.ts'

/** Returns, as Markdown, where the time of a task's PATCH goes: in the API by function, in Postgres by plan. */
export async function profilePatch(context: Context): Promise<string> {
  const [from, end] = taskRanges(context.rows).profile
  const parts = [
    '# Where a PATCH of a task spends its time',
    '## CPU of the API',
    await profileApi(context, [from, end - 1]),
    '## Plans of its statements',
    'Recorded from the service and planned for their values, in the order of the request.',
    ...(await explainPatch(context, end)),
  ]
  return parts.join('\n\n').concat('\n')
}

/** Loads an API of its own under `--cpu-prof`. */
async function profileApi(context: Context, tasks: Range): Promise<string> {
  const { servers, token } = context
  const folder = join(servers.folder, 'cpu-profile')
  const api = await startApi(servers, {}, ['--cpu-prof', `--cpu-prof-dir=${folder}`])
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

async function explainPatch({ pool, userId }: Context, row: number): Promise<string[]> {
  const id = taskId(row)
  const patch = { title: 'Planned once', priority: 'HIGH' } as const
  const precondition = { versions: [1], except: [], required: false, lenient: false }
  const statements = await recordStatements(pool, (deps) => patchTask(deps, actor(userId), id, patch, precondition))
  // The statements expect the version that they found.
  await pool.query(`update tasks set version = 1, title = 'Task' where id = $1`, [id])
  const plans: string[] = []
  for (const statement of statements) plans.push(await explain(pool, statement))
  return plans
}

/** Executes a statement under EXPLAIN ANALYZE and rolls it back. */
async function explain(pool: Context['pool'], { name, text, values }: Statement): Promise<string> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const { rows } = await client.query(`explain (analyze, buffers, wal) ${text}`, [...values])
    const lines: string[] = rows.map((row) => row['QUERY PLAN'])
    return `### ${name}\n\n\`\`\`\n${lines.join('\n')}\n\`\`\``
  } finally {
    await client.query('rollback')
    client.release()
  }
}
