import { type CountKind, type Counts, createCounts } from './counts.ts'
import { resolveEdges } from './edges.ts'
import { fitCommon, fitText } from './fit.ts'
import type { GoalLine } from './line.ts'
import { type NamedGoal, type NamedTask, nameAll } from './names.ts'
import { createLevels, dependenciesFirst } from './order.ts'
import type { PlannedGoal, PlannedTask } from './planned.ts'

/** The plan of a load. */
export type Roadmap = {
  goals: PlannedGoal[]
  /** Numbers of goals, tasks and dependencies in the file. */
  inFile: { goals: number; tasks: number; dependencies: number }
  /** Values that were changed to fit the API, by kind. */
  adapted: Counts
  /** Tasks that the rules of the service change, by kind. */
  byTheRules: Counts
  /** Dependencies that the API would refuse, by kind. */
  notLoaded: Counts
}

/** Plans how to load the goals of a file with requests that the API allows. Counts everything that it changes. */
export function planRoadmap(lines: readonly GoalLine[]): Roadmap {
  const [adapted, byTheRules, notLoaded] = [createCounts(), createCounts(), createCounts()]
  const named = nameAll(lines, adapted.count)
  const edges = resolveEdges(named, { adapted: adapted.count, dropped: notLoaded.count })
  const levelOf = createLevels(edges)
  const planOf = (task: NamedTask) =>
    planTask(task, { dependencies: edges.get(task) ?? [], level: levelOf(task) }, adapted.count)
  const goals = named.map((goal) => ({
    ...planGoal(goal, adapted.count),
    tasks: dependenciesFirst(goal.tasks, edges).map(planOf),
  }))
  for (const goal of goals) countRules(goal, byTheRules.count)
  return {
    goals,
    inFile: countFile(lines),
    adapted: adapted.counts,
    byTheRules: byTheRules.counts,
    notLoaded: notLoaded.counts,
  }
}

function countFile(lines: readonly GoalLine[]): Roadmap['inFile'] {
  const tasks = lines.flatMap((line) => line.tasks)
  const dependencies = tasks.reduce((sum, task) => sum + (task.depends_on?.length ?? 0), 0)
  return { goals: lines.length, tasks: tasks.length, dependencies }
}

function planGoal({ externalId, line }: NamedGoal, count: CountKind) {
  const { owner, status, created_on, category, target_date } = line
  const body = {
    ...fitCommon(line, count),
    category: fitText(category ?? '', { maxLength: 100, name: 'category' }, count) || null,
    ...(target_date && { targetDate: target_date }),
    metadata: { externalId, ...(created_on && { createdOn: created_on }) },
  }
  return { externalId, owner, status, body }
}

type Graph = { dependencies: readonly NamedTask[]; level: number }

function planTask(task: NamedTask, { dependencies, level }: Graph, count: CountKind): PlannedTask {
  const { externalId, owner, goalId, line } = task
  const { status, assignee = null } = line
  const hasOpenDependency = dependencies.some(({ line: { status } }) => !isClosed(status))
  // A task in progress with an open dependency was started before it got the dependency. It returns to IN_PROGRESS
  // when the dependency is closed.
  const isStartedFirst = hasOpenDependency && status === 'IN_PROGRESS'
  const first = isStartedFirst ? [] : dependencies.filter((blocker) => blocker.goalId === goalId)
  const idsOf = (tasks: readonly NamedTask[]) => tasks.map((other) => other.externalId)
  return {
    ...{ externalId, owner, assignee, status, hasOpenDependency, level },
    body: { ...taskBody(task, count), assignedTo: assignee, metadata: { externalId } },
    finalStatus: hasOpenDependency && !isClosed(status) ? 'BLOCKED' : status,
    firstDependencies: idsOf(first),
    laterDependencies: idsOf(dependencies.filter((blocker) => !first.includes(blocker))),
  }
}

function taskBody({ line }: NamedTask, count: CountKind) {
  const { due_date, estimated_hours, actual_hours } = line
  return {
    ...fitCommon(line, count),
    ...(due_date && { dueDate: due_date }),
    ...(typeof estimated_hours === 'number' && { estimatedHours: estimated_hours }),
    ...(typeof actual_hours === 'number' && { actualHours: actual_hours }),
  }
}

const isClosed = (status: string) => status === 'COMPLETED' || status === 'CANCELLED'

function countRules({ status, tasks }: PlannedGoal, count: CountKind): void {
  for (const task of tasks) {
    if (task.finalStatus !== task.status) count(`${task.status} task becomes BLOCKED: a dependency is open`)
    if (task.hasOpenDependency && task.status === 'COMPLETED')
      count('COMPLETED task is forced by its owner: a dependency is open')
    if (isClosed(status) && !isClosed(task.status)) count(`open task stays open in a ${status} goal`)
  }
}
