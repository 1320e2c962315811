import type { GoalLine, TaskLine } from './line.ts'
import type { Note } from './tally.ts'

export type NamedTask = { externalId: string; goalId: string; owner: string; line: TaskLine }
export type NamedGoal = { externalId: string; line: GoalLine; tasks: NamedTask[] }

/**
 * Gives every goal and every task an external id, by which later loads find it again: its ref or, where that is taken,
 * `<ref>~2`, `<ref>~3`, in the order of the file.
 */
export function nameAll(lines: readonly GoalLine[], note: Note): NamedGoal[] {
  const nameGoal = createNames(() => note('repeated goal ref, loaded as a goal of its own: <ref>~2, …'))
  const nameTask = createNames(() => note('repeated task ref, loaded as a task of its own: <ref>~2, …'))
  return lines.map((line) => {
    const externalId = nameGoal(line.ref)
    const tasks = line.tasks.map((task) => ({
      externalId: nameTask(task.ref),
      goalId: externalId,
      owner: line.owner,
      line: task,
    }))
    return { externalId, line, tasks }
  })
}

function createNames(onQualified: () => void): (ref: string) => string {
  const taken = new Set<string>()
  return (ref) => {
    let name = ref
    for (let use = 2; taken.has(name); use++) name = `${ref}~${use}`
    if (name !== ref) onQualified()
    taken.add(name)
    return name
  }
}
