import { type Cache, type Change, staleAfter } from '@goals-tasks/cache'
import {
  type Announcement,
  type Commit,
  commitWithin,
  createCommit,
  type Executor,
  inTransaction,
  type Transaction,
  type Tx,
} from '@goals-tasks/db'
import type { CommittedEvent, Dispatcher, EventType } from '@goals-tasks/events'
import type { FastifyRequest } from 'fastify'
import type pg from 'pg'

/** What the services work with; made once in main.ts. */
export type Deps = {
  /** For single statements: the pool, or the client of the transaction that the request is in. */
  db: Executor
  commit: Commit
  transaction: Transaction
  /** Finished answers. Services that write read past it. */
  cache: Pick<Cache, 'readEntity' | 'readList'>
  /**
   * To be awaited after the commit and before the answer: from then on nobody reads from the cache what was before.
   * Tells the dispatcher, too. Never throws.
   */
  publish: (events: readonly CommittedEvent[]) => Promise<void>
  /**
   * To be awaited before answering that something is so already: whoever made it so may still be about to publish it, or may
   * have died before. Never throws.
   */
  confirm: (found: Change) => Promise<unknown>
  /** Milliseconds since the epoch. */
  clock: () => number
  retentionDays: number
}

export function createDeps(options: {
  pool: pg.Pool
  cache: Pick<Cache, 'readEntity' | 'readList' | 'invalidate'>
  dispatcher: Dispatcher
  retentionDays: number
}): Deps {
  const { pool, cache, dispatcher, retentionDays } = options
  return {
    db: pool,
    commit: createCommit(pool),
    transaction: (work) => inTransaction(pool, work),
    cache,
    async publish(events) {
      dispatcher.nudge(events)
      if (events.length > 0) await cache.invalidate(staleAfter(events))
    },
    confirm: cache.invalidate,
    clock: Date.now,
    retentionDays,
  }
}

/** The same inside of a transaction. What it would tell goes into `events`, to be told once that has committed. */
export const depsWithin = (deps: Deps, tx: Tx, events: CommittedEvent[]): Deps => ({
  ...deps,
  db: tx,
  commit: commitWithin(tx),
  transaction: (work) => work(tx),
  publish: async (committed) => {
    events.push(...committed)
  },
})

/** On whose behalf a service works, and what ties its events to the request. */
export type Caller = { id: string; admin: boolean; correlationId: string; traceparent?: string }

const traceparent = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

export function callerOf(request: FastifyRequest): Caller {
  const trace = request.headers.traceparent
  const caller = { id: request.actor.id, admin: request.actor.admin, correlationId: request.id }
  return typeof trace === 'string' && traceparent.test(trace) ? { ...caller, traceparent: trace } : caller
}

/** The placeholders of the predicates that decide what a caller may see. */
export const principalOf = (caller: Caller) => ({ principalId: caller.id, admin: caller.admin })

/** What a change of the caller's announces: the primary event first. */
export const announcementBy = (caller: Caller, types: readonly EventType[], reason?: string): Announcement => ({
  types,
  actorId: caller.id,
  asAdmin: caller.admin,
  reason,
  correlationId: caller.correlationId,
  traceparent: caller.traceparent,
})
