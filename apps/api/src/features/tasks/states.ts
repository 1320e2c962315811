import type { Task } from '@goals-tasks/events'
import type { Transitions } from '../../resource/transitions.ts'

export type TaskStatus = Task['status']
export const taskVerbs = ['start', 'stop', 'complete', 'block', 'unblock', 'cancel', 'reopen'] as const
export type TaskVerb = (typeof taskVerbs)[number]

/**
 * Routes, PATCH, capabilities, OpenAPI and the diagram in the documentation all read this table. Beyond it: out of BLOCKED
 * a task completes only by force, and a block by dependency is the system's to lift.
 */
export const taskTransitions: Transitions<TaskStatus, TaskVerb> = {
  TODO: { IN_PROGRESS: ['start'], BLOCKED: ['block'], COMPLETED: ['complete'], CANCELLED: ['cancel'] },
  IN_PROGRESS: { TODO: ['stop'], BLOCKED: ['block'], COMPLETED: ['complete'], CANCELLED: ['cancel'] },
  BLOCKED: {
    TODO: ['unblock', 'stop'],
    IN_PROGRESS: ['unblock', 'start'],
    COMPLETED: ['complete'],
    CANCELLED: ['cancel'],
  },
  COMPLETED: { TODO: ['reopen'], IN_PROGRESS: [] },
  CANCELLED: { TODO: ['reopen'], IN_PROGRESS: [] },
}

type State = Pick<Task, 'status' | 'blockKind' | 'blockedFrom'>

/** Where a verb leads from a state; the state itself when there is nothing to do. */
export function taskVerbTarget(verb: TaskVerb, { status, blockKind, blockedFrom }: State): TaskStatus {
  switch (verb) {
    case 'start':
      return 'IN_PROGRESS'
    case 'stop':
      return 'TODO'
    case 'complete':
      return 'COMPLETED'
    case 'cancel':
      return 'CANCELLED'
    case 'block':
      return 'BLOCKED'
    case 'unblock':
      return status === 'BLOCKED' ? (blockedFrom ?? 'TODO') : isClosedTask(status) ? 'TODO' : status
    case 'reopen':
      // Where it lands while something that it waits for is open, so asking again changes nothing.
      return blockKind === 'DEPENDENCY' ? 'BLOCKED' : 'TODO'
  }
}

/** Whether that way out of BLOCKED is not the actor's to take: completing takes force, and a block by dependency lifts itself. */
export const isHeld = ({ status, blockKind }: Pick<Task, 'status' | 'blockKind'>, to: TaskStatus): boolean =>
  status === 'BLOCKED' && (to === 'COMPLETED' || (blockKind === 'DEPENDENCY' && isWorkable(to)))

export const isWorkable = (status: string) => status === 'TODO' || status === 'IN_PROGRESS'
export const isClosedTask = (status: string) => status === 'COMPLETED' || status === 'CANCELLED'
