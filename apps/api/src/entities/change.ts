import { isDeepStrictEqual } from 'node:util'
import type { Committed } from '@goals-tasks/db'
import { Problem, unavailable } from '../errors.ts'
import { checkPrecondition, type Precondition } from './precondition.ts'

/** An entity as a service read it: its JSON text, untouched, and what decides about it. */
export type Stored = { text: string; version: number; deleted: boolean }
/** What an answer needs. */
export type Answer = { text: string; version: number }

export const maxTries = 5

/**
 * Changes one entity: read it, decide in code, write it if it is still what was read; else decide anew.
 * The order of the checks is the contract's: readable, already as wanted, precondition, permission, transition.
 */
export async function changeEntity<S extends Stored, State extends object>(change: {
  read: () => Promise<S>
  precondition: Precondition
  /** The state that is wanted, and the state that is; equal means that nothing is to be done. */
  states: (stored: S) => { current: State; next: State }
  /** Permission and transition, and whatever the next state entails. */
  decide: (stored: S, current: State, next: State) => State
  commit: (stored: S, current: State, next: State) => Promise<Committed | null>
}): Promise<Answer & { committed?: Committed }> {
  for (let attempt = 1; attempt <= maxTries; attempt++) {
    const stored = await change.read()
    if (stored.deleted) throw new Problem('deleted', 'It is deleted: restore it first.')
    const { current, next } = change.states(stored)
    if (isDeepStrictEqual(current, next)) return stored
    checkPrecondition(change.precondition, stored)
    const decided = change.decide(stored, current, next)
    const committed = await change.commit(stored, current, decided)
    if (committed) return { text: committed.text, version: committed.version, committed }
  }
  throw contended()
}

export const contended = () => unavailable('Others keep changing it; try again.')
