import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { consumerNames, stringEnum } from '@goals-tasks/events'
import { unavailable } from '@goals-tasks/http'
import Type from 'typebox'
import type { ScalingLook } from './look.ts'

const NoQuery = Type.Object({}, { additionalProperties: false })
const Params = Type.Object({ consumer: stringEnum(consumerNames) })

/** Serves the number of workers that a consumer needs, for a scaler: KEDA reads it with its trigger `metrics-api`. */
export const scalingRoutes =
  ({ lookAtScaling }: { lookAtScaling: ScalingLook }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/ops/scaling/:consumer', { schema: { params: Params, querystring: NoQuery } }, async ({ params }) => {
      const scalings = await lookAtScaling()
      const found = scalings.find(({ consumer }) => consumer === params.consumer)
      // Without the queue the number is unknown. Any number would start or stop workers for no reason.
      if (!found) throw unavailable('Redis does not answer, so the number of workers is unknown. Keep the present one.')
      return found
    })
  }
