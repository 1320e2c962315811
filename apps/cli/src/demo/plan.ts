import type { Goal, Task } from '@goals-tasks/events'
import { resolveEdges } from './edges.ts'
import { fitCommon, fitText } from './fit.ts'
import type { GoalLine } from './line.ts'
import { type NamedGoal, type NamedTask, nameAll } from './names.ts'
import { type Counts, createTally, type Note } from './tally.ts'

/** `body` is what the API is sent; `status` is where it goes afterwards. */
export type PlannedGoal = {
  externalId: string
  owner: string
  status: Goal['status']
  body: { metadata: object }
  /** Each after those of them that it waits for. */
  tasks: PlannedTask[]
}

export type PlannedTask = {
  externalId: string
  owner: string
  assignee: string | null
  body: object
  status: Task['status']
  /** Where it comes out: BLOCKED in place of anything open, when something that it waits for stays open. */
  endsAs: Task['status']
  /** Whether something that it waits for stays open. */
  waits: boolean
  /** What it waits for from its creation on, and what it comes to wait for once every task is there. */
  waitsAtFirst: string[]
  waitsLater: string[]
  /** The longest way along what it waits for: whatever is of a lower level is done before. */
  level: number
}

export type Roadmap = {
  goals: PlannedGoal[]
  /** How many the file has. */
  inFile: { goals: number; tasks: number; dependencies: number }
  /** What did not fit as it was; what the rules make of the file; what could not be loaded. */
  adapted: Counts
  byTheRules: Counts
  notLoaded: Counts
}

/** How the goals of a file are to be loaded, by transitions that the rules allow. Nothing is dropped without being counted. */
export function planRoadmap(lines: readonly GoalLine[]): Roadmap {
  const [adapted, byTheRules, notLoaded] = [createTally(), createTally(), createTally()]
  const named = nameAll(lines, adapted.note)
  const edges = resolveEdges(named, { adapted: adapted.note, dropped: notLoaded.note })
  const levelOf = createLevels(edges)
  const planTask = (task: NamedTask) => planOne(task, edges.get(task) ?? [], levelOf(task), adapted.note)
  const goals = named.map((goal) => ({
    ...planGoal(goal, adapted.note),
    tasks: blockersFirst(goal.tasks, edges).map(planTask),
  }))
  for (const goal of goals) noteRules(goal, byTheRules.note)
  const tasks = lines.flatMap((line) => line.tasks)
  const dependencies = tasks.reduce((sum, task) => sum + (task.depends_on?.length ?? 0), 0)
  return {
    goals,
    inFile: { goals: lines.length, tasks: tasks.length, dependencies },
    adapted: adapted.counts,
    byTheRules: byTheRules.counts,
    notLoaded: notLoaded.counts,
  }
}

function planGoal({ externalId, line }: NamedGoal, note: Note) {
  const { owner, status, created_on, category, target_date } = line
  const body = {
    ...fitCommon(line, note),
    category: fitText(category ?? '', 100, 'category', note) || null,
    ...(target_date && { targetDate: target_date }),
    metadata: { externalId, ...(created_on && { createdOn: created_on }) },
  }
  return { externalId, owner, status, body }
}

function planOne(task: NamedTask, blockers: readonly NamedTask[], level: number, note: Note): PlannedTask {
  const { externalId, owner, goalId, line } = task
  const { status, assignee = null, due_date, estimated_hours, actual_hours } = line
  const waits = blockers.some((blocker) => !isClosed(blocker.line.status))
  // It was begun before it came to wait, and goes back to being under way once it no longer has to.
  const atFirst = waits && status === 'IN_PROGRESS' ? [] : blockers.filter((blocker) => blocker.goalId === goalId)
  const idsOf = (tasks: readonly NamedTask[]) => tasks.map((other) => other.externalId)
  const body = {
    ...fitCommon(line, note),
    assignedTo: assignee,
    ...(due_date && { dueDate: due_date }),
    ...(typeof estimated_hours === 'number' && { estimatedHours: estimated_hours }),
    ...(typeof actual_hours === 'number' && { actualHours: actual_hours }),
    metadata: { externalId },
  }
  return {
    ...{ externalId, owner, assignee, body, status, waits, level },
    endsAs: waits && !isClosed(status) ? 'BLOCKED' : status,
    waitsAtFirst: idsOf(atFirst),
    waitsLater: idsOf(blockers.filter((blocker) => !atFirst.includes(blocker))),
  }
}

const isClosed = (status: string) => status === 'COMPLETED' || status === 'CANCELLED'

function noteRules({ status, tasks }: PlannedGoal, note: Note): void {
  for (const task of tasks) {
    if (task.endsAs !== task.status)
      note(`${task.status} task that comes out BLOCKED: something that it waits for is open`)
    if (task.waits && task.status === 'COMPLETED')
      note('COMPLETED task that its owner has to force: something that it waits for is open')
    if (isClosed(status) && !isClosed(task.status)) note(`open task kept in a ${status} goal`)
  }
}

function createLevels(edges: ReadonlyMap<NamedTask, NamedTask[]>): (task: NamedTask) => number {
  const known = new Map<NamedTask, number>()
  const levelOf = (task: NamedTask): number => {
    const level = known.get(task) ?? Math.max(0, ...(edges.get(task) ?? []).map((blocker) => levelOf(blocker) + 1))
    known.set(task, level)
    return level
  }
  return levelOf
}

/** The tasks of a goal in the order of the file, but for those that others before them wait for. */
function blockersFirst(tasks: readonly NamedTask[], edges: ReadonlyMap<NamedTask, NamedTask[]>): NamedTask[] {
  const ordered = new Set<NamedTask>()
  const place = (task: NamedTask): void => {
    for (const blocker of edges.get(task) ?? [])
      if (blocker.goalId === task.goalId && !ordered.has(blocker)) place(blocker)
    ordered.add(task)
  }
  for (const task of tasks) if (!ordered.has(task)) place(task)
  return [...ordered]
}
