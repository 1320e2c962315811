import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const sample = new URL('../../../../cli/src/demo/sample.jsonl', import.meta.url)

type Task = { ref: string; depends_on: string[] }
type Goal = { ref: string; tasks: Task[] }

/**
 * Writes a copy of the sample to `folder`. Its refs begin with `name`, so the goals are others than those of the sample
 * and of other copies, and the numbers are the same. Returns the path.
 */
export async function copySample(folder: string, name: string): Promise<string> {
  const lines = (await readFile(sample, 'utf8')).trim().split('\n')
  const path = join(folder, `${name}.jsonl`)
  await writeFile(path, lines.map((line) => JSON.stringify(rename(JSON.parse(line), name))).join('\n'))
  return path
}

const rename = (goal: Goal, name: string): Goal => ({
  ...goal,
  ref: `${name}/${goal.ref}`,
  tasks: goal.tasks.map((task) => ({
    ...task,
    ref: `${name}/${task.ref}`,
    depends_on: task.depends_on.map((ref) => `${name}/${ref}`),
  })),
})
