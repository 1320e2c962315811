import { readFileSync } from 'node:fs'

type SampleTask = { status: string; assignee: string | null }
type SampleGoal = { owner: string; status: string; tasks: SampleTask[] }

const sample = new URL('../../../api/src/demo/sample.jsonl', import.meta.url)
const goals: SampleGoal[] = readFileSync(sample, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
const tasks = goals.flatMap((goal) => goal.tasks.map((task) => ({ ...task, owner: goal.owner })))

const isMoved = ({ status }: { status: string }) => status !== 'TODO' && status !== 'ACTIVE'
const isCompleted = ({ status }: { status: string }) => status === 'COMPLETED'
const isDelegated = (task: { owner: string; assignee: string | null }) =>
  task.assignee !== null && task.assignee !== task.owner

/** Every version of every entity: one for its creation, one more if it then changed its state. */
const auditRows = goals.length + tasks.length + [...goals, ...tasks].filter(isMoved).length
const assignments = tasks.filter((task) => task.assignee !== null).length
const completions = [...goals, ...tasks].filter(isCompleted).length

/** An assignee hears of a task from the owner, the owner of its completion by the assignee; of a goal's end all its assignees. */
const notifications =
  tasks.filter(isDelegated).length +
  tasks.filter((task) => isCompleted(task) && isDelegated(task)).length +
  goals.filter(isCompleted).reduce((sum, goal) => sum + othersIn(goal).size, 0)

function othersIn({ owner, tasks: inGoal }: SampleGoal): Set<string> {
  return new Set(inGoal.flatMap(({ assignee }) => (assignee === null || assignee === owner ? [] : [assignee])))
}

/** What the API commits for the sample, before anybody consumes anything. */
export const expectedCommits = auditRows + assignments + completions

/** What the loader has to print for the sample, whatever happened on the way: computed from the rules, not from a run. */
export const expectedOutcome = {
  goals: goals.length,
  tasks: tasks.length,
  events: expectedCommits + notifications,
  notifications,
  auditRows,
  writes: auditRows,
  faults: { missingEntities: 0, unfaithfulAudits: 0, deliveriesLeft: 0, deadLetters: 0 },
  exit: { code: 0, signal: null },
}
