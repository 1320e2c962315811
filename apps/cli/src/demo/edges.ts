import type { CountKind } from './counts.ts'
import type { NamedGoal, NamedTask } from './names.ts'

const maxDependencies = 100

/** The dependencies of each task. A task without one is not in the map. */
export type Edges = ReadonlyMap<NamedTask, readonly NamedTask[]>

/**
 * Resolves the refs in `depends_on` to tasks. A dependency that the API would refuse is left out and counted in
 * `dropped`. A ref that means several tasks is counted in `adapted`.
 */
export function resolveEdges(
  goals: readonly NamedGoal[],
  { adapted, dropped }: { adapted: CountKind; dropped: CountKind },
): Edges {
  const candidatesFor = createRefs(goals)
  const edges = new Map<NamedTask, NamedTask[]>()
  const blockersOf = (task: NamedTask) => edges.get(task) ?? []

  for (const goal of goals)
    for (const task of goal.tasks)
      for (const ref of task.line.depends_on ?? []) {
        const candidates = candidatesFor(goal, ref)
        const [blocker] = candidates
        const problem = blocker ? problemOf(task, blocker, blockersOf) : 'dependency on a task that is not in the file'
        if (candidates.length > 1) adapted('dependency on a repeated ref, resolved to its first task')
        if (problem !== null) dropped(problem)
        else if (blocker) edges.set(task, [...blockersOf(task), blocker])
      }
  return edges
}

/** Returns a function that finds the tasks of a ref: those of the same goal, or else those of all goals. */
function createRefs(goals: readonly NamedGoal[]) {
  const all = goals.flatMap((goal) => goal.tasks)
  const byRef = Map.groupBy(all, (task) => task.line.ref)
  return (goal: NamedGoal, ref: string): NamedTask[] => {
    const inGoal = goal.tasks.filter((task) => task.line.ref === ref)
    return inGoal.length > 0 ? inGoal : (byRef.get(ref) ?? [])
  }
}

type BlockersOf = (task: NamedTask) => readonly NamedTask[]

/** Returns why the API would refuse the dependency, or null when it would accept it. */
function problemOf(task: NamedTask, blocker: NamedTask, blockersOf: BlockersOf): string | null {
  const { owner, line } = blocker
  const blockers = blockersOf(task)
  if (line.ref === task.line.ref) return 'dependency of a task on itself'
  if (blockers.includes(blocker)) return 'repeated dependency'
  if (owner !== task.owner && line.assignee !== task.owner)
    return "dependency on a task that the goal's owner may not see"
  if (blockers.length === maxDependencies) return `dependency beyond the ${maxDependencies}th of a task`
  return reaches(blocker, task, blockersOf) ? 'dependency that would close a cycle' : null
}

/** Returns whether the dependencies of a task lead to another task. */
function reaches(from: NamedTask, to: NamedTask, blockersOf: BlockersOf): boolean {
  const seen = new Set([from])
  for (const task of seen) for (const blocker of blockersOf(task)) seen.add(blocker)
  return seen.has(to)
}
