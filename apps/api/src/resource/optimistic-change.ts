import { isDeepStrictEqual } from 'node:util'
import type { Change as Stale } from '@goals-tasks/cache'
import type { Committed, Executor, Tx } from '@goals-tasks/db'
import { Problem } from '@goals-tasks/http'
import type { Deps } from '../deps.ts'
import { checkPrecondition, type Precondition } from './precondition.ts'

/** An entity as a service read it: its JSON text, untouched, and what decides about it. */
export type Stored = { id: string; text: string; version: number; deleted: boolean }
/** What an answer needs. */
export type Answer = { text: string; version: number; rebased?: boolean }

/** What is to become of an entity: the state that is, and the one that is wanted or, once decided, entailed. */
export type Step<S, State> = { stored: S; current: State; next: State; rebased: boolean }

export type Change<S extends Stored, State extends object> = {
  load: (on: Executor) => Promise<S>
  precondition: Precondition
  /** What the cache holds of it. */
  shownAs: (stored: S) => Stale
  /** The fields that the caller means to change, which those that others changed may conflict with. */
  touches: readonly string[] | 'everything'
  /** The state that is, and the state that is wanted; equal means that nothing is to be done. */
  states: (stored: S) => { current: State; next: State }
  /** Permission and transition, and whatever the next state entails. */
  decide: (on: Executor, step: Step<S, State>) => Promise<State>
  /** Whether it concerns other rows too, and so needs their locks. */
  entangled: (step: Step<S, State>) => boolean
  /** Writes it in one statement; null when the entity is no more what was read. */
  write: (step: Step<S, State>) => Promise<Committed | null>
  /** Takes every lock that the step needs, in order. */
  lock: (tx: Tx, step: Step<S, State>) => Promise<void>
  /** Writes it, and what it entails for other rows; the locks are held. */
  writeLocked: (tx: Tx, step: Step<S, State>) => Promise<Committed>
}

const optimisticTries = 3

/**
 * Changes one entity: read it, decide in code, write it if it is still what was read. A change that concerns other rows, and
 * one that others keep overtaking, is decided anew under locks.
 * The order of the checks is the contract's: readable, already as wanted, precondition, permission, transition.
 */
export async function changeEntity<S extends Stored, State extends object>(
  deps: Deps,
  change: Change<S, State>,
): Promise<Answer> {
  let step = await nextStep(deps.db, change)
  for (let tries = 1; 'next' in step && !change.entangled(step) && tries <= optimisticTries; tries++) {
    const committed = await change.write(step)
    if (committed) return conclude(deps, step, committed)
    step = await nextStep(deps.db, change)
  }
  if (!('next' in step)) return confirmed(deps, change, step)
  const planned = step
  const [last, committed] = await deps.transaction(async (tx) => {
    await change.lock(tx, planned)
    const step = await nextStep(tx, change)
    return 'next' in step ? ([step, await change.writeLocked(tx, step)] as const) : ([step, null] as const)
  })
  return 'next' in last && committed ? conclude(deps, last, committed) : confirmed(deps, change, last as S)
}

/** It is as wanted already. */
async function confirmed<S extends Stored, State extends object>(
  deps: Deps,
  { shownAs }: Change<S, State>,
  stored: S,
): Promise<S> {
  await deps.confirm(shownAs(stored))
  return stored
}

async function nextStep<S extends Stored, State extends object>(
  on: Executor,
  change: Change<S, State>,
): Promise<Step<S, State> | S> {
  const stored = await change.load(on)
  if (stored.deleted) throw new Problem('deleted', 'It is deleted: restore it first.')
  const { current, next } = change.states(stored)
  if (isDeepStrictEqual(current, next)) return stored
  const rebased = await checkPrecondition(on, change.precondition, stored, change.touches)
  const step = { stored, current, next, rebased }
  return { ...step, next: await change.decide(on, step) }
}

async function conclude(deps: Deps, { rebased }: { rebased: boolean }, committed: Committed): Promise<Answer> {
  await deps.publish(committed.events)
  return { text: committed.text, version: committed.version, rebased }
}
