import { readFileSync } from 'node:fs'

type SampleTask = { ref: string; status: string; assignee: string | null; depends_on: string[] }
type SampleGoal = { owner: string; status: string; tasks: SampleTask[] }

const sample = new URL('../../../cli/src/demo/sample.jsonl', import.meta.url)
const goals: SampleGoal[] = readFileSync(sample, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
const tasks = goals.flatMap((goal) => goal.tasks.map((task) => ({ ...task, owner: goal.owner, goal })))
type Task = (typeof tasks)[number]

const isClosed = ({ status }: { status: string }) => status === 'COMPLETED' || status === 'CANCELLED'
const isCompleted = ({ status }: { status: string }) => status === 'COMPLETED'
const isDelegated = ({ owner, assignee }: Task) => assignee !== null && assignee !== owner
const count = <T>(items: readonly T[], is: (item: T) => boolean) => items.filter(is).length
const sum = <T>(items: readonly T[], of: (item: T) => number) => items.reduce((all, item) => all + of(item), 0)

const blockersOf = (task: Task): SampleTask[] =>
  task.depends_on.map((ref) => {
    const blocker = [...task.goal.tasks, ...tasks].find((other) => other.ref === ref)
    if (!blocker) throw new Error(`the sample has no task ${ref}`)
    return blocker
  })
const waits = (task: Task) => blockersOf(task).some((blocker) => !isClosed(blocker))
const endsAs = (task: Task) => (waits(task) && !isClosed(task) ? 'BLOCKED' : task.status)

/** It was under way before it came to wait. */
const isInterrupted = (task: Task) => waits(task) && task.status === 'IN_PROGRESS'
/** What a task comes to wait for once it is there, one request each. */
const addedLater = (task: Task) =>
  count(blockersOf(task), (blocker) => isInterrupted(task) || !task.goal.tasks.includes(blocker))
const isMoved = (task: Task) => isInterrupted(task) || (task.status !== 'TODO' && (isClosed(task) || !waits(task)))
const isUnblocked = (task: Task) => task.depends_on.length > 0 && !waits(task)

/** A goal is created and, at the end, taken to its state; of the tasks only the lifting of a block is nobody's request. */
const writes = 2 * goals.length + sum(tasks, (task) => 1 + addedLater(task) + Number(isMoved(task)))
const auditRows = writes + count(tasks, isUnblocked)
const assignments = count(tasks, (task) => task.assignee !== null)
const completions = count([...goals, ...tasks], isCompleted)

/** An assignee isSubscribed of a task from its owner, and whoever did not complete it of its completion; of a goal's end all its assignees. */
const notifications = {
  'goal-completed': sum(goals.filter(isCompleted), (goal) => othersIn(goal).size),
  'task-assigned': count(tasks, isDelegated),
  'task-completed': count(tasks, (task) => isCompleted(task) && isDelegated(task)),
}

function othersIn({ owner, tasks: inGoal }: SampleGoal): Set<string> {
  return new Set(inGoal.flatMap(({ assignee }) => (assignee === null || assignee === owner ? [] : [assignee])))
}

const tally = (names: string[]) =>
  Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]))

/** What the API commits for the sample, before anybody consumes anything. */
export const expectedCommits = auditRows + assignments + completions
export const expectedNotifications = sum(Object.values(notifications), (number) => number)

const numbers = { goals: goals.length, tasks: tasks.length, dependencies: sum(tasks, (task) => task.depends_on.length) }

/** What the loader has to print for the sample, whatever happened on the way: computed from the rules, not from a run. */
export const expectedOutcome = {
  inFile: numbers,
  there: numbers,
  states: { goals: tally(goals.map((goal) => goal.status)), tasks: tally(tasks.map(endsAs)) },
  events: expectedCommits + expectedNotifications,
  notifications,
  auditRows,
  writes,
  goalsLeftAsTheyAre: 0,
  notLoaded: {},
  faults: { missing: 0, otherStates: 0, unfaithfulAudits: 0, deliveriesLeft: 0, deadLetters: 0 },
  exit: { code: 0, signal: null },
}
