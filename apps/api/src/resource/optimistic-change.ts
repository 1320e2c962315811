import type { Invalidation } from '@goals-tasks/cache'
import type { Outcome } from '@goals-tasks/db'
import { Problem } from '@goals-tasks/http'
import type { Deps, TxDeps } from '../deps.ts'
import type { Actor } from './actor.ts'

/** An entity as a service read it: its JSON text, untouched, and what decides about it. */
export type Stored = { id: string; text: string; version: number; deleted: boolean }

/** The text and version of an entity, as a response sends them. `rebased`: the change was carried over (`lenient`). */
export type EntityText = { text: string; version: number; rebased?: boolean }

/** How one attempt at a change ended. */
export type Attempt =
  | { outcome: 'written'; entity: EntityText }
  /** The entity is already as wanted. */
  | { outcome: 'unchanged'; entity: EntityText; cacheKeys: Invalidation }
  /** Another writer was faster. */
  | { outcome: 'stale'; lock: Lock }
  /** The change touches other rows, or another transaction holds the row. It is decided again once `lock` holds all. */
  | { outcome: 'needs-locks'; lock: Lock }

/** `take` takes every lock that the change needs, in order. `goalId` is the goal, or the one of the task. */
export type Lock = { goalId: string; take: (tx: TxDeps) => Promise<unknown> }

const optimisticTries = 3

/**
 * Repeats `attempt` until it has ended: without locks first, and under its locks when other writers keep overtaking it,
 * when another transaction holds the row, or when it touches other rows. Under locks, `attempt` gets the transaction as
 * its second argument and must not end stale.
 */
export async function changeOptimistically(
  deps: Deps,
  actor: Actor,
  attempt: (deps: Deps, locked?: TxDeps) => Promise<Attempt>,
): Promise<EntityText> {
  let last = await attempt(deps)
  for (let tries = 1; last.outcome === 'stale' && tries < optimisticTries; tries++) last = await attempt(deps)
  if ('lock' in last) {
    const { lock } = last
    last = await deps.transaction({ actorId: actor.id, goalId: lock.goalId }, async (tx) => {
      await lock.take(tx)
      return attempt(tx, tx)
    })
  }
  if ('lock' in last) throw new Error('the entity changed while its lock was held (bug)')
  if (last.outcome === 'unchanged') await deps.confirm(last.cacheKeys)
  return last.entity
}

/** @throws Problem 409 for a deleted entity */
export function requireLive({ deleted }: Stored): void {
  if (deleted) throw new Problem('deleted', 'Restore it first.')
}

export const unchanged = ({ text, version }: Stored, cacheKeys: Invalidation): Attempt => ({
  outcome: 'unchanged',
  entity: { text, version },
  cacheKeys,
})

/** Returns how an attempt ended, from the outcome of its write: null means that another writer was faster. */
export function written(write: Outcome, rebased: boolean, lock: Lock): Attempt {
  if (write === null) return { outcome: 'stale', lock }
  if (write === 'locked') return { outcome: 'needs-locks', lock }
  return { outcome: 'written', entity: { text: write.text, version: write.version, rebased } }
}
