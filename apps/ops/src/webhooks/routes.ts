import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Id } from '@goals-tasks/events'
import { notFound } from '@goals-tasks/http'
import { loadWebhookForOperators } from '@goals-tasks/operations'
import type pg from 'pg'
import Type from 'typebox'

const schema = {
  params: Type.Object({ webhookId: Id }),
  querystring: Type.Object({}, { additionalProperties: false }),
}

/** Shows a webhook with its pause and its newest changes, without its address and its secrets. */
export const webhookRoutes =
  ({ pool }: { pool: pg.Pool }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/ops/webhooks/:webhookId', { schema }, async ({ params: { webhookId } }) => {
      const webhook = await loadWebhookForOperators(pool, webhookId)
      if (!webhook) throw notFound('webhook')
      return webhook
    })
  }
