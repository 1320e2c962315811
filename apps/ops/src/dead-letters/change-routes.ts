import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { countDeadLetters, type OperatorCause, type Replayed } from '@goals-tasks/db'
import { notFound } from '@goals-tasks/http'
import {
  discardRecorded,
  enqueueReplayed,
  type OpsQueues,
  replayRecorded,
  unmirrorDiscarded,
} from '@goals-tasks/operations'
import type { FastifyRequest } from 'fastify'
import type pg from 'pg'
import { BulkChange, NoQuery, Params } from './schemas.ts'

const defaultChanges = 100

/** Replays and discards dead letters. Every change is recorded and logged with its actor. */
export const changeRoutes =
  ({ pool, queues }: { pool: pg.Pool; queues: OpsQueues }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const one = { schema: { params: Params, querystring: NoQuery } }
    const many = { schema: { body: BulkChange, querystring: NoQuery } }

    app.post('/ops/dead-letters/:id/replay', one, async (request) => {
      const [replayed] = await replayRecorded(pool, causeOf(request), { ids: [request.params.id] }, 1)
      if (!replayed) throw notFound('dead letter')
      await enqueueReplayed(queues, [replayed], request.log)
      logChange(request, replayed, 'dead letter replayed')
      return replayed
    })

    app.post('/ops/dead-letters/replay', many, async (request) => {
      const { limit = defaultChanges, dryRun = false, reason, ...filter } = request.body
      if (dryRun) return { dryRun, wouldReplay: await countDeadLetters(pool, filter, limit) }
      const replayed = await replayRecorded(pool, causeOf(request, reason), filter, limit)
      await enqueueReplayed(queues, replayed, request.log)
      for (const each of replayed) logChange(request, each, 'dead letter replayed')
      return { dryRun, replayed: replayed.length }
    })

    app.post('/ops/dead-letters/discard', many, async (request) => {
      const { limit = defaultChanges, dryRun = false, reason, ...filter } = request.body
      if (dryRun) return { dryRun, wouldDiscard: await countDeadLetters(pool, filter, limit) }
      const discarded = await discardRecorded(pool, causeOf(request, reason), filter, limit)
      await unmirrorDiscarded(queues, discarded, request.log)
      for (const each of discarded) logChange(request, each, 'dead letter discarded')
      return { dryRun, discarded: discarded.length }
    })

    app.delete('/ops/dead-letters/:id', one, async (request, reply) => {
      const [discarded] = await discardRecorded(pool, causeOf(request), { ids: [request.params.id] }, 1)
      if (!discarded) throw notFound('dead letter')
      await unmirrorDiscarded(queues, [discarded], request.log)
      logChange(request, discarded, 'dead letter discarded')
      return reply.code(204).send()
    })
  }

const causeOf = ({ actor }: FastifyRequest, reason?: string): OperatorCause => ({
  actor: actor.id,
  reason: reason ?? null,
})

/** Logs one line per dead letter, so that a search for its id finds the change. */
function logChange({ log, actor }: FastifyRequest, { id, consumer, type, eventId }: Replayed, message: string): void {
  log.info({ actorId: actor.id, deadLetterId: id, consumer, type, eventId }, message)
}
