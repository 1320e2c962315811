import type { PlannedGoal } from './planned.ts'

/** A user with the number of owned goals and assigned tasks. */
export type Person = { id: string; goals: number; tasks: number }

/** Returns the users in the file, ordered by the number of their goals, then by the number of their tasks. */
export function peopleOf(goals: readonly PlannedGoal[]): Person[] {
  const people = new Map<string, Person>()
  const person = (id: string): Person => {
    const found = people.get(id) ?? { id, goals: 0, tasks: 0 }
    people.set(id, found)
    return found
  }
  for (const { owner, tasks } of goals) {
    person(owner).goals += 1
    for (const { assignee } of tasks) if (assignee !== null) person(assignee).tasks += 1
  }
  return [...people.values()].sort((a, b) => b.goals - a.goals || b.tasks - a.tasks || (a.id < b.id ? -1 : 1))
}
