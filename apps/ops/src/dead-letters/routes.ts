import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { groupDeadLetters, listDeadLetters, loadDeadLetter } from '@goals-tasks/db'
import { defaultLimit, notFound, pageOf, sendPage } from '@goals-tasks/http'
import type { OpsQueues } from '@goals-tasks/operations'
import type pg from 'pg'
import { changeRoutes } from './change-routes.ts'
import { GroupQuery, ListQuery, NoQuery, Params } from './schemas.ts'

/** Lists, shows, replays and discards dead letters. */
export const deadLetterRoutes =
  ({ pool, queues }: { pool: pg.Pool; queues: OpsQueues }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/ops/dead-letters', { schema: { querystring: ListQuery } }, async (request, reply) => {
      const { limit = defaultLimit, cursor, ...filter } = request.query
      const found = await listDeadLetters(pool, filter, { after: cursor, limit: limit + 1 })
      const rows = found.map((deadLetter) => ({ id: deadLetter.id, text: JSON.stringify(deadLetter) }))
      const page = pageOf(rows, limit, (last) => last.id)
      return sendPage(request, reply, page)
    })

    app.get('/ops/dead-letters/groups', { schema: { querystring: GroupQuery } }, async (request) => ({
      data: await groupDeadLetters(pool, request.query),
    }))

    app.get('/ops/dead-letters/:id', { schema: { params: Params, querystring: NoQuery } }, async ({ params }) => {
      const deadLetter = await loadDeadLetter(pool, params.id)
      if (!deadLetter) throw notFound('dead letter')
      return deadLetter
    })

    await app.register(changeRoutes({ pool, queues }))
  }
