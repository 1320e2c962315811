import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const sample = new URL('../../../../cli/src/demo/sample.jsonl', import.meta.url)

type Task = { ref: string; depends_on: string[]; due_date?: string }
type Goal = { ref: string; tasks: Task[] }

/**
 * Writes a copy of the sample to `folder`, in which every task is due a century later: no reminder becomes due while a
 * test runs. With `name`, its refs begin with it, so the goals are others than those of the sample and of other copies.
 * The numbers are the same. Returns the path.
 */
export async function copySample(folder: string, name?: string): Promise<string> {
  const lines = (await readFile(sample, 'utf8')).trim().split('\n')
  const path = join(folder, `${name ?? 'sample'}.jsonl`)
  const prefix = name === undefined ? '' : `${name}/`
  await writeFile(path, lines.map((line) => JSON.stringify(copy(JSON.parse(line), prefix))).join('\n'))
  return path
}

const copy = (goal: Goal, prefix: string): Goal => ({
  ...goal,
  ref: prefix + goal.ref,
  tasks: goal.tasks.map((task) => ({
    ...task,
    ref: prefix + task.ref,
    depends_on: task.depends_on.map((ref) => prefix + ref),
    ...(task.due_date && { due_date: task.due_date.replace(/^20/, '21') }),
  })),
})
