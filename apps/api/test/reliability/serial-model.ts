import fc from 'fast-check'
import type { Client } from '../support/client.ts'

/** The effect that a request asks for. Titles and descriptions are unique, so that each patch changes something. */
export type Command =
  | { kind: 'create'; goal: string; title: string }
  | { kind: 'patch'; task: string; fields: { title: string } | { description: string }; version?: number }
  | { kind: 'delete' | 'restore' | 'complete'; task: string }
  | { kind: 'patch goal'; goal: string; title: string }
  | { kind: 'delete goal' | 'restore goal' | 'close goal' | 'reopen goal'; goal: string }

const goal = fc.nat(1)
const task = fc.nat(5)
const weighted = <A extends unknown[]>(weight: number, ...parts: { [I in keyof A]: fc.Arbitrary<A[I]> }) => ({
  weight,
  arbitrary: fc.tuple(...parts),
})

/** Arbitrary commands on two goals with three tasks each, by the indexes of goals and tasks. */
export const drafts = fc.array(
  fc.oneof(
    weighted(4, fc.constant('create' as const), goal),
    weighted(5, fc.constant('patch title' as const), task),
    weighted(5, fc.constant('patch description' as const), task),
    weighted(4, fc.constant('patch version' as const), task, fc.integer({ min: 1, max: 6 })),
    weighted(2, fc.constantFrom('delete' as const, 'restore' as const, 'complete' as const), task),
    weighted(2, fc.constant('patch goal' as const), goal),
    weighted(
      4,
      fc.constantFrom('delete goal' as const, 'restore goal' as const, 'close goal' as const, 'reopen goal' as const),
      goal,
    ),
  ),
  { minLength: 30, maxLength: 80, size: 'max' },
)
type Draft = typeof drafts extends fc.Arbitrary<(infer D)[]> ? D : never

/** Turns a draft into a command with real ids. `unique` is a text that no other command has. */
export function toCommand(
  [kind, index, version]: Draft,
  { goals, tasks, unique }: { goals: readonly string[]; tasks: readonly string[]; unique: string },
): Command {
  const ids = { goal: goals[index] ?? '', task: tasks[index] ?? '' }
  switch (kind) {
    case 'create':
    case 'patch goal':
      return { kind, goal: ids.goal, title: unique }
    case 'patch title':
      return { kind: 'patch', task: ids.task, fields: { title: unique } }
    case 'patch description':
      return { kind: 'patch', task: ids.task, fields: { description: unique } }
    case 'patch version':
      return { kind: 'patch', task: ids.task, fields: { title: unique }, version }
    case 'delete':
    case 'restore':
    case 'complete':
      return { kind, task: ids.task }
    default:
      return { kind, goal: ids.goal }
  }
}

/** Sends a command under a request id. */
export function perform(client: Client, command: Command, requestId: string) {
  const headers = { 'x-request-id': requestId }
  switch (command.kind) {
    case 'create':
      return client.post(`/v1/goals/${command.goal}/tasks`, { title: command.title }, headers)
    case 'patch': {
      const tag = command.version === undefined ? '*' : `"${command.version}"`
      return client.patch(`/v1/tasks/${command.task}`, command.fields, { ...headers, 'if-match': tag })
    }
    case 'delete':
      return client.delete(`/v1/tasks/${command.task}`, headers)
    case 'restore':
    case 'complete':
      return client.post(`/v1/tasks/${command.task}/${command.kind}`, {}, headers)
    case 'patch goal':
      return client.patch(`/v1/goals/${command.goal}`, { title: command.title }, { ...headers, 'if-match': '*' })
    case 'delete goal':
      return client.delete(`/v1/goals/${command.goal}`, headers)
    case 'close goal':
      return client.post(`/v1/goals/${command.goal}/complete`, { openTasks: 'cancel' }, headers)
    default:
      return client.post(`/v1/goals/${command.goal}/${command.kind.split(' ')[0]}`, {}, headers)
  }
}

type Row = { version: number; title: string; status: string; deleted: boolean }
type Goal = Row
/** The flags say that a cascade of the goal deleted or closed the task, and that the cascade was not undone. */
type Task = Row & { goal: string; description: string | null; deletedWithGoal: boolean; closedWithGoal: boolean }

/** A sequential model of goals and tasks: the requests that had an effect run in it one after the other. */
export class Model {
  readonly goals = new Map<string, Goal>()
  readonly tasks = new Map<string, Task>()

  /** Applies a command that had an effect. @returns the ids of all entities that it changes @throws when it cannot */
  apply(command: Command, createdId: string): string[] {
    if (command.kind === 'create') return [this.create(createdId, command)]
    if ('task' in command) {
      this.changeTask(this.taskOf(command.task), command)
      return [command.task]
    }
    const goal = this.goalOf(command.goal)
    const changed = this.changeGoal(goal, command)
    goal.version++
    return [...changed, command.goal]
  }

  private create(id: string, { goal, title }: { goal: string; title: string }): string {
    expectPossible(!this.goalOf(goal).deleted && this.goalOf(goal).status === 'ACTIVE')
    const row = { version: 1, title, status: 'TODO', deleted: false, description: null }
    this.tasks.set(id, { ...row, goal, deletedWithGoal: false, closedWithGoal: false })
    return id
  }

  private changeTask(task: Task, command: Extract<Command, { task: string }>): void {
    expectPossible(task.deleted === (command.kind === 'restore'))
    if (command.kind === 'patch') {
      expectPossible(command.version === undefined || command.version === task.version)
      Object.assign(task, command.fields)
    }
    if (command.kind === 'complete') {
      expectPossible(task.status === 'TODO')
      task.status = 'COMPLETED'
    }
    if (command.kind === 'delete') task.deleted = true
    if (command.kind === 'restore') {
      expectPossible(!this.goalOf(task.goal).deleted)
      task.deleted = false
    }
    task.version++
  }

  /** Changes the goal and its tasks. @returns the ids of the tasks */
  private changeGoal(goal: Goal, command: Extract<Command, { goal: string }>): string[] {
    const cascade = (matches: (task: Task) => boolean, change: Partial<Task>) =>
      [...this.tasks].flatMap(([id, task]) => {
        if (task.goal !== command.goal || !matches(task)) return []
        Object.assign(task, change, { version: task.version + 1 })
        return [id]
      })
    expectPossible(goal.deleted === (command.kind === 'restore goal'))
    switch (command.kind) {
      case 'delete goal':
        goal.deleted = true
        return cascade((task) => !task.deleted, { deleted: true, deletedWithGoal: true })
      case 'restore goal':
        goal.deleted = false
        return cascade((task) => task.deletedWithGoal, { deleted: false, deletedWithGoal: false })
      case 'close goal':
        expectPossible(goal.status === 'ACTIVE')
        goal.status = 'COMPLETED'
        return cascade((task) => !task.deleted && task.status === 'TODO', { status: 'CANCELLED', closedWithGoal: true })
      case 'reopen goal':
        expectPossible(goal.status === 'COMPLETED')
        goal.status = 'ACTIVE'
        return cascade((task) => task.closedWithGoal && !task.deleted, { status: 'TODO', closedWithGoal: false })
      case 'patch goal':
        goal.title = command.title
        return []
      default:
        return []
    }
  }

  private taskOf = (id: string): Task => found(this.tasks.get(id))
  private goalOf = (id: string): Goal => found(this.goals.get(id))
}

function found<T>(row: T | undefined): T {
  if (row === undefined) throw new Error('the model has no such row')
  return row
}

function expectPossible(condition: boolean): void {
  if (!condition) throw new Error('the command cannot have an effect at its place in the serial order')
}
