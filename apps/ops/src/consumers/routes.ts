import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Pausable, setPause } from '@goals-tasks/db'
import { maxReasonLength } from '@goals-tasks/db/operator-limits'
import { consumerNames, Id, stringEnum, webhookConsumer } from '@goals-tasks/events'
import { notFound } from '@goals-tasks/http'
import type { FastifyRequest } from 'fastify'
import type pg from 'pg'
import Type from 'typebox'

const closed = { additionalProperties: false }
const common = {
  querystring: Type.Object({}, closed),
  body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: maxReasonLength }) }, closed),
}
const ofConsumer = { ...common, params: Type.Object({ consumer: stringEnum(consumerNames) }) }
const ofWebhook = { ...common, params: Type.Object({ webhookId: Id }) }

/** Pauses and resumes a consumer, or a webhook of a user. Each change is logged with its actor and its reason. */
export const consumerRoutes =
  ({ pool }: { pool: pg.Pool }): FastifyPluginAsyncTypebox =>
  async (app) => {
    for (const isPaused of [true, false]) {
      const verb = isPaused ? 'pause' : 'resume'
      const change = async (consumer: Pausable, { actor, log }: FastifyRequest, reason: string) => {
        const written = await setPause(pool, { consumer, isPaused, actor: actor.id, reason })
        if (!written) throw notFound('webhook')
        const { changed, ...record } = written
        const what = consumer.includes('/') ? 'webhook' : 'consumer'
        if (changed) log.warn({ actorId: actor.id, consumer, reason }, `${what} ${verb}d`)
        return record
      }
      app.post(`/ops/consumers/:consumer/${verb}`, { schema: ofConsumer }, (request) =>
        change(request.params.consumer, request, request.body.reason),
      )
      app.post(`/ops/webhooks/:webhookId/${verb}`, { schema: ofWebhook }, (request) =>
        change(`${webhookConsumer}/${request.params.webhookId.toLowerCase()}`, request, request.body.reason),
      )
    }
  }
