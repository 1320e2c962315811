import { etag, sendTagged, viewTag } from '@goals-tasks/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Answer } from '../optimistic-change.ts'

const json = 'application/json; charset=utf-8'

/** What a writing request answers: kept, so that a repetition of the request gets the same. */
export type Outcome = { status: number; headers: Record<string, string>; body: string }

/** One entity's text as it came from Postgres, with its version as the ETag. */
export const entityOutcome = (answer: Answer, status = 200, headers: Record<string, string> = {}): Outcome => ({
  status,
  headers: {
    'content-type': json,
    etag: etag(answer.version),
    ...(answer.rebased ? { 'preference-applied': 'handling=lenient' } : {}),
    ...headers,
  },
  body: answer.text,
})

export const noContent: Outcome = { status: 204, headers: {}, body: '' }

/** Sends one entity, or 304 when the client has it already. */
export const sendEntity = (request: FastifyRequest, reply: FastifyReply, answer: Answer) =>
  sendTagged(request, reply, etag(answer.version), answer.text)

/** Sends what is no plain representation. */
export const sendView = (request: FastifyRequest, reply: FastifyReply, text: string) =>
  sendTagged(request, reply, viewTag(text), text)
