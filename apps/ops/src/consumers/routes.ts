import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { setPause } from '@goals-tasks/db'
import { maxReasonLength } from '@goals-tasks/db/operator-limits'
import { consumerNames, stringEnum } from '@goals-tasks/events'
import type pg from 'pg'
import Type from 'typebox'

const closed = { additionalProperties: false }
const schema = {
  params: Type.Object({ consumer: stringEnum(consumerNames) }),
  querystring: Type.Object({}, closed),
  body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: maxReasonLength }) }, closed),
}

/** Pauses and resumes a consumer. Each change is logged with its actor and its reason. */
export const consumerRoutes =
  ({ pool }: { pool: pg.Pool }): FastifyPluginAsyncTypebox =>
  async (app) => {
    for (const [verb, isPaused] of [
      ['pause', true],
      ['resume', false],
    ] as const)
      app.post(`/ops/consumers/:consumer/${verb}`, { schema }, async ({ actor, body: { reason }, params, log }) => {
        const { consumer } = params
        const { changed, ...record } = await setPause(pool, { consumer, isPaused, actor: actor.id, reason })
        if (changed)
          log.warn({ actorId: actor.id, consumer, reason }, isPaused ? 'consumer paused' : 'consumer resumed')
        return record
      })
  }
