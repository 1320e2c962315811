import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { OpsQueues } from '@goals-tasks/operations'
import { loadStatus } from '@goals-tasks/operations'
import type pg from 'pg'
import Type from 'typebox'
import { boardPath } from '../board/routes.ts'

const Nothing = Type.Object({}, { additionalProperties: false })

export const statusRoutes =
  (deps: { pool: pg.Pool; queues: OpsQueues }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/ops', (_request, reply) => reply.redirect(boardPath))
    app.get('/ops/status', { schema: { querystring: Nothing } }, () => loadStatus(deps))
  }
