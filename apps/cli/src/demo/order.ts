import type { Edges } from './edges.ts'
import type { NamedTask } from './names.ts'

/** Returns a function for the length of the longest chain of dependencies of a task. The edges have no cycle. */
export function createLevels(edges: Edges): (task: NamedTask) => number {
  const cached = new Map<NamedTask, number>()
  const levelOf = (task: NamedTask): number => {
    const level = cached.get(task) ?? Math.max(0, ...(edges.get(task) ?? []).map((blocker) => levelOf(blocker) + 1))
    cached.set(task, level)
    return level
  }
  return levelOf
}

/** Orders the tasks of a goal as in the file, except that the dependencies of a task come before it. */
export function dependenciesFirst(tasks: readonly NamedTask[], edges: Edges): NamedTask[] {
  const ordered = new Set<NamedTask>()
  const place = (task: NamedTask): void => {
    for (const blocker of edges.get(task) ?? [])
      if (blocker.goalId === task.goalId && !ordered.has(blocker)) place(blocker)
    ordered.add(task)
  }
  for (const task of tasks) if (!ordered.has(task)) place(task)
  return [...ordered]
}
