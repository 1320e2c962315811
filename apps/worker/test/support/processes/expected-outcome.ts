import { readFileSync } from 'node:fs'

type SampleTask = { ref: string; status: string; assignee: string | null; depends_on: string[] }
type SampleGoal = { owner: string; status: string; tasks: SampleTask[] }

const sample = new URL('../../../../cli/src/demo/sample.jsonl', import.meta.url)
const goals: SampleGoal[] = readFileSync(sample, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
const tasks = goals.flatMap((goal) => goal.tasks.map((task) => ({ ...task, owner: goal.owner, goal })))
type Task = (typeof tasks)[number]

const isClosed = ({ status }: { status: string }) => status === 'COMPLETED' || status === 'CANCELLED'
const isCompleted = ({ status }: { status: string }) => status === 'COMPLETED'
const isDelegated = ({ owner, assignee }: Task) => assignee !== null && assignee !== owner
const count = <T>(items: readonly T[], ...are: ((item: T) => boolean)[]) =>
  items.filter((item) => are.every((is) => is(item))).length
const sum = <T>(items: readonly T[], of: (item: T) => number) => items.reduce((all, item) => all + of(item), 0)

const blockersOf = (task: Task): SampleTask[] =>
  task.depends_on.map((ref) => {
    const blocker = [...task.goal.tasks, ...tasks].find((other) => other.ref === ref)
    if (!blocker) throw new Error(`the sample has no task ${ref}`)
    return blocker
  })
const isWaiting = (task: Task) => blockersOf(task).some((blocker) => !isClosed(blocker))
const endsAs = (task: Task) => (isWaiting(task) && !isClosed(task) ? 'BLOCKED' : task.status)

/** The loader starts such a task before it adds the blocker. */
const isInterrupted = (task: Task) => isWaiting(task) && task.status === 'IN_PROGRESS'
/** Counts the blockers that the loader adds after creating the task, one request each. */
const addedLater = (task: Task) =>
  count(blockersOf(task), (blocker) => isInterrupted(task) || !task.goal.tasks.includes(blocker))
const isMoved = (task: Task) => isInterrupted(task) || (task.status !== 'TODO' && (isClosed(task) || !isWaiting(task)))
const isUnblocked = (task: Task) => task.depends_on.length > 0 && !isWaiting(task)

/** The loader adds every blocker after creating the task, which is open until then. */
const isBlockedLater = (task: Task) => task.depends_on.length > 0 && addedLater(task) === task.depends_on.length
/** The loader blocks the task by hand, as its assignee. */
const isBlockedByHand = (task: Task) => task.status === 'BLOCKED' && !isWaiting(task)
const workerOn = ({ owner, assignee }: Task) => assignee ?? owner
/** The assignee of a blocker closes it. In the sample all blockers of a task that is unblocked have the same one. */
const isUnblockedByAnother = (task: Task) =>
  isUnblocked(task) && blockersOf(task).every(({ assignee }) => (assignee ?? task.owner) !== workerOn(task))

/**
 * Each goal is created and finally moved to its state. A request causes every change of a task except an unblocking.
 */
const writes = 2 * goals.length + sum(tasks, (task) => 1 + addedLater(task) + Number(isMoved(task)))
const auditRows = writes + count(tasks, isUnblocked)
const assignments = count(tasks, (task) => task.assignee !== null)
const completions = count([...goals, ...tasks], isCompleted)

/**
 * The owner's assignment and completion of a task notify its assignee, an assignee's completion notifies the owner.
 * The completion of a goal notifies all its assignees. A block by the owner notifies the assignee, a manual one by the
 * assignee the owner. The end of a block notifies the assignee.
 */
const notifications = {
  'goal-completed': sum(goals.filter(isCompleted), (goal) => othersIn(goal).size),
  'task-assigned': count(tasks, isDelegated),
  'task-blocked': count(tasks, isBlockedLater, isDelegated) + count(tasks, isBlockedByHand, isDelegated),
  'task-completed': count(tasks, isCompleted, isDelegated),
  'task-unblocked': count(tasks, isUnblockedByAnother),
}

function othersIn({ owner, tasks: inGoal }: SampleGoal): Set<string> {
  return new Set(inGoal.flatMap(({ assignee }) => (assignee === null || assignee === owner ? [] : [assignee])))
}

const countByName = (names: string[]) =>
  Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]))

/** The events that the API commits for the sample, before any consumer runs. */
export const expectedCommits = auditRows + assignments + completions
export const expectedNotifications = sum(Object.values(notifications), (number) => number)

const numbers = { goals: goals.length, tasks: tasks.length, dependencies: sum(tasks, (task) => task.depends_on.length) }

/** The result that the loader must print for the sample. It is computed from the rules, not copied from a run. */
export const expectedOutcome = {
  inFile: numbers,
  there: numbers,
  states: { goals: countByName(goals.map((goal) => goal.status)), tasks: countByName(tasks.map(endsAs)) },
  events: expectedCommits + expectedNotifications,
  notifications,
  auditRows,
  writes,
  goalsLeftAsTheyAre: 0,
  notLoaded: {},
  faults: { missing: 0, otherStates: 0, unfaithfulAudits: 0, deliveriesLeft: 0, deadLetters: 0 },
  exit: { code: 0, signal: null },
}
