import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { OpsQueues } from '@goals-tasks/operations'
import { loadStatus } from '@goals-tasks/operations'
import type pg from 'pg'
import Type from 'typebox'

const NoQuery = Type.Object({}, { additionalProperties: false })

/** Serves the status of every consumer. */
export const statusRoutes =
  (deps: { pool: pg.Pool; queues: OpsQueues }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/ops/status', { schema: { querystring: NoQuery } }, () => loadStatus(deps))
  }
