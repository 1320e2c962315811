import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  countDeadLetters,
  discardDeadLetter,
  type Replayed,
  replayDeadLetter,
  replayDeadLetters,
} from '@goals-tasks/db'
import { notFound } from '@goals-tasks/http'
import type { OpsQueues } from '@goals-tasks/operations'
import type { FastifyRequest } from 'fastify'
import type pg from 'pg'
import { BulkReplay, NoQuery, Params } from './schemas.ts'
import { enqueueReplayed, unmirrorDiscarded } from './update-queues.ts'

const defaultReplays = 100

/** Replays and discards dead letters. Every change is logged with its actor. */
export const changeRoutes =
  ({ pool, queues }: { pool: pg.Pool; queues: OpsQueues }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const one = { schema: { params: Params, querystring: NoQuery } }

    app.post('/ops/dead-letters/:id/replay', one, async (request) => {
      const replayed = await replayDeadLetter(pool, request.params.id)
      if (!replayed) throw notFound('dead letter')
      await enqueueReplayed(queues, [replayed], request.log)
      logChange(request, replayed, 'dead letter replayed')
      return replayed
    })

    app.post('/ops/dead-letters/replay', { schema: { body: BulkReplay, querystring: NoQuery } }, async (request) => {
      const { limit = defaultReplays, dryRun = false, ...filter } = request.body
      if (dryRun) return { dryRun, wouldReplay: await countDeadLetters(pool, filter, limit) }
      const replayed = await replayDeadLetters(pool, filter, limit)
      await enqueueReplayed(queues, replayed, request.log)
      for (const each of replayed) logChange(request, each, 'dead letter replayed')
      return { dryRun, replayed: replayed.length }
    })

    app.delete('/ops/dead-letters/:id', one, async (request, reply) => {
      const discarded = await discardDeadLetter(pool, request.params.id)
      if (!discarded) throw notFound('dead letter')
      await unmirrorDiscarded(queues, discarded, request.log)
      logChange(request, discarded, 'dead letter discarded')
      return reply.code(204).send()
    })
  }

/** Logs one line per dead letter, so that a search for its id finds the change. */
function logChange({ log, actor }: FastifyRequest, { id, consumer, type, eventId }: Replayed, message: string): void {
  log.info({ actorId: actor.id, deadLetterId: id, consumer, type, eventId }, message)
}
