import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type pg from 'pg'
import Type from 'typebox'
import { boardPath } from './board.ts'
import type { OpsQueues } from './queues.ts'
import { loadStatus } from './status.ts'

const Nothing = Type.Object({}, { additionalProperties: false })

export const statusRoutes =
  (deps: { pool: pg.Pool; queues: OpsQueues }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/ops', (_request, reply) => reply.redirect(boardPath))
    app.get('/ops/status', { schema: { querystring: Nothing } }, () => loadStatus(deps))
  }
