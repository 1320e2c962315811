import type { Announcement, Commit } from '@goals-tasks/db'
import type { Dispatcher, EventType } from '@goals-tasks/events'
import type { FastifyRequest } from 'fastify'
import type pg from 'pg'

/** What the services work with; made once in main.ts. */
export type Deps = {
  pool: pg.Pool
  commit: Commit
  dispatcher: Dispatcher
  /** Milliseconds since the epoch. */
  clock: () => number
  retentionDays: number
}

/** On whose behalf a service works, and what ties its events to the request. */
export type Caller = { id: string; admin: boolean; correlationId: string; traceparent?: string }

const traceparent = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

export function callerOf(request: FastifyRequest): Caller {
  const trace = request.headers.traceparent
  const caller = { id: request.actor.id, admin: request.actor.admin, correlationId: request.id }
  return typeof trace === 'string' && traceparent.test(trace) ? { ...caller, traceparent: trace } : caller
}

/** What a change of the caller's announces: the primary event first. */
export const announcementBy = (caller: Caller, types: readonly EventType[], reason?: string): Announcement => ({
  types,
  actorId: caller.id,
  reason,
  correlationId: caller.correlationId,
  traceparent: caller.traceparent,
})
