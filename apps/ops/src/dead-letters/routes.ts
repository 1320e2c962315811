import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  countDeadLetters,
  discardDeadLetter,
  listDeadLetters,
  loadDeadLetter,
  type Replayed,
  replayDeadLetter,
  replayDeadLetters,
} from '@goals-tasks/db'
import { consumerNames, Id, Instant, stringEnum } from '@goals-tasks/events'
import { defaultLimit, notFound, pageOf, sendPage } from '@goals-tasks/http'
import type { OpsQueues } from '@goals-tasks/operations'
import type { FastifyRequest } from 'fastify'
import type pg from 'pg'
import Type from 'typebox'
import { enqueueReplayed, unmirror } from './replay.ts'

const closed = { additionalProperties: false }
const Consumer = stringEnum(consumerNames)
const narrowing = {
  error: Type.Optional(Type.String({ minLength: 1, maxLength: 500, description: "a part of the error's text" })),
  diedFrom: Type.Optional(Instant),
  diedBefore: Type.Optional(Instant),
}
const Params = Type.Object({ id: Id })
const Nothing = Type.Object({}, closed)
const ListQuery = Type.Object(
  {
    consumer: Type.Optional(Consumer),
    ...narrowing,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    cursor: Type.Optional(Id),
  },
  closed,
)
/** At most a thousand at a time: replaying everything after an outage would be the next one. */
const BulkReplay = Type.Object(
  {
    consumer: Consumer,
    ...narrowing,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    dryRun: Type.Optional(Type.Boolean()),
  },
  closed,
)
const defaultReplays = 100

/** One line per dead letter, however many go at once, so that each can be found. */
function tell(request: FastifyRequest, { id, consumer, type, eventId }: Replayed, what: string): void {
  request.log.info({ operator: request.actor.id, letter: id, consumer, type, eventId }, what)
}

/** What consumers gave up, to be looked at, replayed or discarded. Every change is logged with who made it. */
export const deadLetterRoutes =
  ({ pool, queues }: { pool: pg.Pool; queues: OpsQueues }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/ops/dead-letters', { schema: { querystring: ListQuery } }, async (request, reply) => {
      const { limit = defaultLimit, cursor, ...filter } = request.query
      const letters = await listDeadLetters(pool, filter, { after: cursor, limit: limit + 1 })
      const rows = letters.map((letter) => ({ id: letter.id, text: JSON.stringify(letter) }))
      return sendPage(
        request,
        reply,
        pageOf(rows, limit, (last) => last.id),
      )
    })

    app.get('/ops/dead-letters/:id', { schema: { params: Params, querystring: Nothing } }, async ({ params }) => {
      const letter = await loadDeadLetter(pool, params.id)
      if (!letter) throw notFound('dead letter')
      return letter
    })

    app.post('/ops/dead-letters/:id/replay', { schema: { params: Params, querystring: Nothing } }, async (request) => {
      const replayed = await replayDeadLetter(pool, request.params.id)
      if (!replayed) throw notFound('dead letter')
      await enqueueReplayed(queues, [replayed], request.log)
      tell(request, replayed, 'dead letter replayed')
      return replayed
    })

    app.post('/ops/dead-letters/replay', { schema: { body: BulkReplay, querystring: Nothing } }, async (request) => {
      const { limit = defaultReplays, dryRun = false, ...filter } = request.body
      if (dryRun) return { dryRun, wouldReplay: await countDeadLetters(pool, filter, limit) }
      const replayed = await replayDeadLetters(pool, filter, limit)
      await enqueueReplayed(queues, replayed, request.log)
      for (const letter of replayed) tell(request, letter, 'dead letter replayed')
      return { dryRun, replayed: replayed.length }
    })

    app.delete(
      '/ops/dead-letters/:id',
      { schema: { params: Params, querystring: Nothing } },
      async (request, reply) => {
        const discarded = await discardDeadLetter(pool, request.params.id)
        if (!discarded) throw notFound('dead letter')
        await unmirror(queues, discarded, request.log)
        tell(request, discarded, 'dead letter discarded')
        return reply.code(204).send()
      },
    )
  }
