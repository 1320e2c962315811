import type { Random } from '../random.ts'
import type { Call } from './client.ts'
import type { Possession, Possessions } from './possessions.ts'

/** A write that the load may send next. `target` is the entity that it changes; a creation has none. */
export type Operation = Pick<Call, 'method' | 'path' | 'body'> & {
  kind: 'goal' | 'task'
  effect: 'create' | 'change' | 'close' | 'delete'
  target?: Possession
  goalId?: string
  blockerId?: string
}

type Choice = { possessions: Possessions; others: readonly [string, ...string[]]; title: string; random: Random }

/** Chooses the next write of a user at random: creates, changes, completions, assignments and deletions. */
export function chooseOperation(choice: Choice): Operation {
  const { possessions, title, random } = choice
  const [goal, ...goals] = possessions.of('goal').filter((each) => each.isOpen)
  if (goal === undefined || random.chance(0.2))
    return { method: 'POST', path: '/v1/goals', body: { title }, kind: 'goal', effect: 'create' }
  const [task, ...tasks] = possessions.of('task').filter((each) => each.isOpen)
  if (task === undefined || random.chance(0.35)) return createTask(random.pick([goal, ...goals]), choice)
  if (random.chance(0.25)) return changeGoal(random.pick([goal, ...goals]), choice)
  return changeTask(random.pick([task, ...tasks]), choice)
}

function createTask(goal: Possession, { possessions, title, random, others }: Choice): Operation {
  const blockerId = random.chance(0.25) ? possessions.of('task').find(isCertainlyOpen)?.id : undefined
  const body = {
    title,
    ...(random.chance(0.3) && { assignedTo: random.pick(others) }),
    ...(blockerId && { dependencies: [blockerId] }),
  }
  const operation = { kind: 'task', effect: 'create', goalId: goal.id, ...(blockerId && { blockerId }) } as const
  return { ...operation, method: 'POST', path: `/v1/goals/${goal.id}/tasks`, body }
}

const isCertainlyOpen = ({ isOpen, isUncertain }: Possession) => isOpen && !isUncertain

function changeGoal(target: Possession, { title, random }: Choice): Operation {
  const operation = { kind: 'goal', target, path: `/v1/goals/${target.id}` } as const
  const kind = random.integer(1, 10)
  if (kind === 1) return { ...operation, method: 'DELETE', effect: 'delete' }
  const closing = { status: 'COMPLETED', openTasks: 'complete', force: true }
  if (kind === 2) return { ...operation, method: 'PATCH', body: closing, effect: 'close' }
  return { ...operation, method: 'PATCH', body: { title }, effect: 'change' }
}

function changeTask(target: Possession, { title, random, others }: Choice): Operation {
  const operation = { kind: 'task', target, path: `/v1/tasks/${target.id}` } as const
  const kind = random.integer(1, 10)
  if (kind === 1) return { ...operation, method: 'DELETE', effect: 'delete' }
  if (kind <= 4) return { ...operation, method: 'PATCH', body: { status: 'COMPLETED' }, effect: 'close' }
  const body = kind <= 6 ? { title, assignedTo: random.pick(others) } : { title }
  return { ...operation, method: 'PATCH', body, effect: 'change' }
}
