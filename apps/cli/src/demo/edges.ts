import type { NamedGoal, NamedTask } from './names.ts'
import type { Note } from './tally.ts'

const maxDependencies = 100

/**
 * What each task waits for, where the file says so and the API would accept it; whatever it would not accept is noted in
 * `dropped` by kind.
 */
export function resolveEdges(
  goals: readonly NamedGoal[],
  { adapted, dropped }: { adapted: Note; dropped: Note },
): Map<NamedTask, NamedTask[]> {
  const byRef = Map.groupBy(
    goals.flatMap((goal) => goal.tasks),
    (task) => task.line.ref,
  )
  const edges = new Map<NamedTask, NamedTask[]>()
  const blockersOf = (task: NamedTask) => edges.get(task) ?? []
  const candidatesFor = (goal: NamedGoal, ref: string) => {
    const inGoal = goal.tasks.filter((task) => task.line.ref === ref)
    return inGoal.length > 0 ? inGoal : (byRef.get(ref) ?? [])
  }

  for (const goal of goals)
    for (const task of goal.tasks)
      for (const ref of task.line.depends_on ?? []) {
        const candidates = candidatesFor(goal, ref)
        const [blocker] = candidates
        const problem = blocker ? problemOf(task, blocker, blockersOf) : 'on a task that the file does not have'
        if (candidates.length > 1) adapted('dependency on a repeated ref, taken as the first task that bears it')
        if (problem !== null) dropped(`dependency ${problem}`)
        else if (blocker) edges.set(task, [...blockersOf(task), blocker])
      }
  return edges
}

type BlockersOf = (task: NamedTask) => readonly NamedTask[]

/** Why the API would not let a task wait for another; null when it would. */
function problemOf(task: NamedTask, blocker: NamedTask, blockersOf: BlockersOf): string | null {
  const { owner, line } = blocker
  const blockers = blockersOf(task)
  if (line.ref === task.line.ref) return 'of a task on itself'
  if (blockers.includes(blocker)) return 'that is told twice'
  if (owner !== task.owner && line.assignee !== task.owner) return "on a task that the goal's owner may not see"
  if (blockers.length === maxDependencies) return `beyond the ${maxDependencies}th of a task`
  return reaches(blocker, task, blockersOf) ? 'that would close a cycle' : null
}

/** Whether the way from a task along what it waits for leads to another. */
function reaches(from: NamedTask, to: NamedTask, blockersOf: BlockersOf): boolean {
  const seen = new Set([from])
  for (const task of seen) for (const blocker of blockersOf(task)) seen.add(blocker)
  return seen.has(to)
}
