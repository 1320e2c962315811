import type { CountKind } from './counts.ts'
import type { GoalLine, TaskLine } from './line.ts'

/** A task of the file with its external id and that of its goal. */
export type NamedTask = { externalId: string; goalId: string; owner: string; line: TaskLine }
export type NamedGoal = { externalId: string; line: GoalLine; tasks: NamedTask[] }

/**
 * Gives every goal and every task an external id, by which later loads find it. The id is the ref. A repeated ref
 * becomes `<ref>~2`, `<ref>~3` and so on, in the order of the file.
 */
export function nameAll(lines: readonly GoalLine[], count: CountKind): NamedGoal[] {
  const nameGoal = createNames(() => count('repeated goal ref, loaded as another goal: <ref>~2, …'))
  const nameTask = createNames(() => count('repeated task ref, loaded as another task: <ref>~2, …'))
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

/** Returns a function that makes refs unique. It calls `onRepeated` for each ref that it changes. */
function createNames(onRepeated: () => void): (ref: string) => string {
  const taken = new Set<string>()
  return (ref) => {
    let name = ref
    for (let use = 2; taken.has(name); use++) name = `${ref}~${use}`
    if (name !== ref) onRepeated()
    taken.add(name)
    return name
  }
}
