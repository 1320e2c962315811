import type { Task } from '@goals-tasks/events'
import type { Transitions } from '../../resource/transitions.ts'

export type TaskStatus = Task['status']
export const taskVerbs = ['start', 'stop', 'complete', 'block', 'unblock', 'cancel', 'reopen'] as const
export type TaskVerb = (typeof taskVerbs)[number]

/**
 * Routes, PATCH, capabilities, OpenAPI and the diagram in the documentation all read this table. Two rules come on top:
 * a BLOCKED task completes only by force, and only the system lifts a block by dependency.
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

/** Returns the target status of a verb: the current status when the verb changes nothing. */
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
      // A reopened task with an open blocker is BLOCKED, so a second reopen changes nothing.
      return blockKind === 'DEPENDENCY' ? 'BLOCKED' : 'TODO'
  }
}

/** Whether the block holds: completing takes force, and only the system lifts a block by dependency. */
export const isHeld = ({ status, blockKind }: Pick<Task, 'status' | 'blockKind'>, to: TaskStatus): boolean =>
  status === 'BLOCKED' && (to === 'COMPLETED' || (blockKind === 'DEPENDENCY' && isWorkable(to)))

export const isWorkable = (status: string) => status === 'TODO' || status === 'IN_PROGRESS'
export const isClosedTask = (status: string) => status === 'COMPLETED' || status === 'CANCELLED'
