import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { consumerNames, stringEnum } from '@goals-tasks/events'
import { unavailable } from '@goals-tasks/http'
import { createDeliveryLook, loadScaling, loadStatus, type OpsQueues } from '@goals-tasks/operations'
import type pg from 'pg'
import Type from 'typebox'
import { shareWhilePending } from '../status/share-while-pending.ts'

const NoQuery = Type.Object({}, { additionalProperties: false })
const Params = Type.Object({ consumer: stringEnum(consumerNames) })

/** Serves the number of workers that a consumer needs, for a scaler: KEDA reads it with its trigger `metrics-api`. */
export function scalingRoutes({ pool, queues }: { pool: pg.Pool; queues: OpsQueues }): FastifyPluginAsyncTypebox {
  const lookAtDeliveries = createDeliveryLook()
  // A scaler asks for all consumers at the same time.
  const load = shareWhilePending(async () => loadScaling(await loadStatus({ pool, queues, lookAtDeliveries }), queues))
  return async (app) => {
    app.get('/ops/scaling/:consumer', { schema: { params: Params, querystring: NoQuery } }, async ({ params }) => {
      const scalings = await load().catch(() => [])
      const found = scalings.find(({ consumer }) => consumer === params.consumer)
      // Without the queue the number is unknown. Any number would start or stop workers for no reason.
      if (!found) throw unavailable('Redis does not answer, so the number of workers is unknown. Keep the present one.')
      return found
    })
  }
}
