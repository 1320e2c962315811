import fc from 'fast-check'
import { sample } from './local-clock.ts'
import type { Person } from './people.ts'

/** One task of the day. Numbers of people and steps. The owner assigns it, and then its fate follows. */
export type PlannedTask = {
  title: string
  owner: number
  assignee: number
  createdAt: number
  fate: 'stays' | 'completed by its assignee' | 'completed by its owner' | 'given to another'
  changedAt: number
  other: number
}

export type Notice = { userId: string; heading: string; kind: string; step: number }

/** Makes the tasks of a day of `steps` steps among people. */
export function planTasks(count: number, { people, steps, seed }: { people: number; steps: number; seed: number }) {
  const one = fc.nat(people - 1)
  const task = fc
    .record({
      ...{
        owner: one,
        assignee: one,
        other: one,
        createdAt: fc.nat(steps - 3),
        later: fc.integer({ min: 1, max: 12 }),
      },
      fate: fc.constantFrom<PlannedTask['fate']>(
        ...(['stays', 'completed by its assignee', 'completed by its owner', 'given to another'] as const),
      ),
    })
    .map(({ later, ...each }) => ({ ...each, changedAt: Math.min(each.createdAt + later, steps - 1) }))
  return sample(task, count, seed).map((each, i): PlannedTask => ({ ...each, title: `task ${i}` }))
}

/** Returns who is notified of a task, and when: by the rules of docs/notifications.md, and not by our code. */
export function noticesOf(task: PlannedTask, people: readonly Person[]): Notice[] {
  const id = (n: number) => people[n]?.id ?? ''
  const [owner, assignee, other] = [id(task.owner), id(task.assignee), id(task.other)]
  const { createdAt, changedAt: at } = task
  const notice = (userId: string, kind: string, step: number) => ({
    ...{ userId, kind, step, heading: `${headings[kind]}: ${task.title}` },
  })
  const completed = (actor: string) =>
    [owner, assignee].filter((userId) => userId !== actor).map((userId) => notice(userId, 'task-completed', at))
  const moved = assignee === other ? [] : [notice(assignee, 'task-unassigned', at), notice(other, 'task-assigned', at)]
  const fates: Record<PlannedTask['fate'], Notice[]> = {
    stays: [],
    'completed by its assignee': completed(assignee),
    'completed by its owner': completed(owner),
    'given to another': moved.filter(({ userId }) => userId !== owner),
  }
  return [...(assignee === owner ? [] : [notice(assignee, 'task-assigned', createdAt)]), ...fates[task.fate]]
}

const headings: Record<string, string> = {
  'task-assigned': 'Assigned to you',
  'task-unassigned': 'No longer assigned to you',
  'task-completed': 'Completed',
  'task-due-soon': 'Due soon',
}
export const dueHeading = (title: string): string => `${headings['task-due-soon']}: ${title}`
