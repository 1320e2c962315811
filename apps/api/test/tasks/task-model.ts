/** The contract of a task's states, written independently of the code, with one blocker that opens and closes. */

export const statuses = ['TODO', 'IN_PROGRESS', 'BLOCKED', 'COMPLETED', 'CANCELLED'] as const
export type Status = (typeof statuses)[number]
export const verbs = ['start', 'stop', 'complete', 'block', 'unblock', 'cancel', 'reopen'] as const
type Verb = (typeof verbs)[number]

/** Which state may follow which, and by which verbs. */
export const contract: Record<Status, Partial<Record<Status, Verb[]>>> = {
  TODO: { IN_PROGRESS: ['start'], BLOCKED: ['block'], COMPLETED: ['complete'], CANCELLED: ['cancel'] },
  IN_PROGRESS: { TODO: ['stop'], BLOCKED: ['block'], COMPLETED: ['complete'], CANCELLED: ['cancel'] },
  // A dependency block refuses TODO and IN_PROGRESS, and every block needs force to be completed.
  BLOCKED: {
    TODO: ['unblock', 'stop'],
    IN_PROGRESS: ['unblock', 'start'],
    COMPLETED: ['complete'],
    CANCELLED: ['cancel'],
  },
  COMPLETED: { TODO: ['reopen'], IN_PROGRESS: [] },
  CANCELLED: { TODO: ['reopen'], IN_PROGRESS: [] },
}

type Block = 'MANUAL' | 'DEPENDENCY' | null
/** The state of a task and of its only blocker. */
export type Model = { status: Status; block: Block; from: Status | null; blockerOpen: boolean }
export type Move = ({ verb: Verb } | { status: Status }) & { force?: true }

const isOpen = (status: Status) => status !== 'COMPLETED' && status !== 'CANCELLED'
const isWorkable = (status: Status) => status === 'TODO' || status === 'IN_PROGRESS'

/** Returns the status that a move asks for. It is the present one when the task is there already. */
function target(move: Move, { status, block, from }: Model): Status {
  if ('status' in move) return move.status
  const unblocked = status === 'BLOCKED' ? (from ?? 'TODO') : isOpen(status) ? status : 'TODO'
  const reopened = block === 'DEPENDENCY' ? 'BLOCKED' : 'TODO'
  const targets = {
    start: 'IN_PROGRESS',
    stop: 'TODO',
    complete: 'COMPLETED',
    block: 'BLOCKED',
    cancel: 'CANCELLED',
  } as const
  return move.verb === 'unblock' ? unblocked : move.verb === 'reopen' ? reopened : targets[move.verb]
}

type Outcome = Model | 'unchanged' | 'invalid-transition' | 'task-blocked'

/** Returns the state after a move, or why it changes nothing. */
export function outcomeOf(move: Move, model: Model): Outcome {
  const { status, block, blockerOpen } = model
  const to = target(move, model)
  if (to === status) return 'unchanged'
  const by = contract[status][to]
  if (!by || ('verb' in move && !by.includes(move.verb))) return 'invalid-transition'
  if (status === 'BLOCKED' && to === 'COMPLETED' && !move.force) return 'task-blocked'
  if (block === 'DEPENDENCY' && isWorkable(to)) return 'task-blocked'
  if (to === 'BLOCKED') return { status: to, block: 'MANUAL', from: status, blockerOpen }
  if (isWorkable(to) && blockerOpen) return { status: 'BLOCKED', block: 'DEPENDENCY', from: to, blockerOpen }
  return { status: to, block: null, from: null, blockerOpen }
}

/** Returns the state of the task after its blocker was closed or reopened. */
export function afterBlocker(model: Model, blockerOpen: boolean): Model {
  const { status, block, from } = model
  if (blockerOpen && isWorkable(status)) return { status: 'BLOCKED', block: 'DEPENDENCY', from: status, blockerOpen }
  if (!blockerOpen && block === 'DEPENDENCY' && from) return { status: from, block: null, from: null, blockerOpen }
  return { ...model, blockerOpen }
}

export const moves: Move[] = [
  ...verbs.map((verb) => ({ verb })),
  ...statuses.map((status) => ({ status })),
  { verb: 'complete', force: true },
  { status: 'COMPLETED', force: true },
]
