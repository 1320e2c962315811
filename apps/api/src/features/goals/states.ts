import type { Goal } from '@goals-tasks/events'
import type { Transitions } from '../../resource/transitions.ts'

export type GoalStatus = Goal['status']
export const goalVerbs = ['complete', 'cancel', 'hold', 'resume', 'reopen'] as const
export type GoalVerb = (typeof goalVerbs)[number]

/** Routes, PATCH, capabilities, OpenAPI and the diagram in the documentation all read this table. */
export const goalTransitions: Transitions<GoalStatus, GoalVerb> = {
  ACTIVE: { ON_HOLD: ['hold'], COMPLETED: ['complete'], CANCELLED: ['cancel'] },
  ON_HOLD: { ACTIVE: ['resume'], COMPLETED: ['complete'], CANCELLED: ['cancel'] },
  COMPLETED: { ACTIVE: ['reopen'] },
  CANCELLED: { ACTIVE: ['reopen'] },
}

/** The target state of each verb. */
export const goalVerbTargets: Record<GoalVerb, GoalStatus> = {
  complete: 'COMPLETED',
  cancel: 'CANCELLED',
  hold: 'ON_HOLD',
  resume: 'ACTIVE',
  reopen: 'ACTIVE',
}

export const isClosed = (status: string): status is 'COMPLETED' | 'CANCELLED' =>
  status === 'COMPLETED' || status === 'CANCELLED'

export const openTasksPolicies = ['keep', 'cancel', 'complete'] as const
export type OpenTasks = (typeof openTasksPolicies)[number]
/** The policy for open tasks of a goal that closes, unless the request names one. */
export const defaultOpenTasks: Record<'COMPLETED' | 'CANCELLED', OpenTasks> = { COMPLETED: 'keep', CANCELLED: 'cancel' }
