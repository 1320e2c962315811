import type { Goal, Task } from '@goals-tasks/events'
import { invalidTransition } from '../errors.ts'

/** Which state may follow which, by a change of the goal alone. */
export const goalTransitions: Record<Goal['status'], readonly Goal['status'][]> = {
  ACTIVE: ['ON_HOLD', 'COMPLETED'],
  ON_HOLD: ['ACTIVE', 'COMPLETED'],
  COMPLETED: ['ACTIVE'],
  CANCELLED: ['ACTIVE'],
}

export const taskTransitions: Record<Task['status'], readonly Task['status'][]> = {
  TODO: ['IN_PROGRESS', 'BLOCKED', 'COMPLETED', 'CANCELLED'],
  IN_PROGRESS: ['TODO', 'BLOCKED', 'COMPLETED', 'CANCELLED'],
  BLOCKED: ['TODO', 'IN_PROGRESS', 'CANCELLED'],
  COMPLETED: ['TODO', 'IN_PROGRESS'],
  CANCELLED: ['TODO', 'IN_PROGRESS'],
}

/** @throws Problem 409 naming what is allowed */
export function checkTransition<S extends string>(transitions: Record<S, readonly S[]>, from: S, to: S): void {
  if (from !== to && !transitions[from].includes(to)) throw invalidTransition(from, to, transitions[from])
}
