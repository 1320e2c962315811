import type { PlannedGoal } from './plan.ts'

export type Person = { id: string; goals: number; tasks: number }

/** Whom a file speaks of: who owns the most goals first, then who has the most tasks. */
export function peopleOf(goals: readonly PlannedGoal[]): Person[] {
  const people = new Map<string, Person>()
  const person = (id: string): Person => {
    const known = people.get(id) ?? { id, goals: 0, tasks: 0 }
    people.set(id, known)
    return known
  }
  for (const { owner, tasks } of goals) {
    person(owner).goals += 1
    for (const { assignee } of tasks) if (assignee !== null) person(assignee).tasks += 1
  }
  return [...people.values()].sort((a, b) => b.goals - a.goals || b.tasks - a.tasks || (a.id < b.id ? -1 : 1))
}
