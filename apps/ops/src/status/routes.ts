import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Id } from '@goals-tasks/events'
import { notFound } from '@goals-tasks/http'
import type { OpsQueues } from '@goals-tasks/operations'
import { loadStatus, loadTrace } from '@goals-tasks/operations'
import type pg from 'pg'
import Type from 'typebox'

const closed = { additionalProperties: false }
const NoQuery = Type.Object({}, closed)
const Traced = Type.Object({ id: Id })
const TraceQuery = Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })) }, closed)
const defaultEvents = 20

/** Serves the status of every consumer, and the trace of a goal, a task or an event through them. */
export const statusRoutes =
  (deps: { pool: pg.Pool; queues: OpsQueues }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/ops/status', { schema: { querystring: NoQuery } }, () => loadStatus(deps))

    app.get('/ops/trace/:id', { schema: { params: Traced, querystring: TraceQuery } }, async ({ params, query }) => {
      const trace = await loadTrace(deps, params.id, query.limit ?? defaultEvents)
      if (!trace) throw notFound('goal, task or event')
      return trace
    })
  }
