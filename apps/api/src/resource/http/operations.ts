import { type ProblemCode, type Scope, sendPage } from '@goals-tasks/http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Type, { type Static, type TSchema } from 'typebox'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../actor.ts'
import { createIdempotentWrites, type WriteResponse } from '../idempotency.ts'
import type { Precondition } from '../precondition.ts'
import { waitInTime } from '../time-limit.ts'
import type { Access } from './access.ts'
import { actorOf } from './actor-of.ts'
import { withEventId } from './event-id.ts'
import { changing, changingAll, creating, reading } from './headers.ts'
import { keyedRequestOf } from './idempotency-key.ts'
import { preconditionOf, requireNoVersion } from './if-match.ts'
import type { Representation } from './reply.ts'
import { problemResponses } from './responses.ts'

/** An empty query string, and the body of a command that takes no fields. */
export const Nothing = Type.Object(
  {},
  { title: 'NoFields', description: 'An object without members.', additionalProperties: false, examples: [{}] },
)

type Described = {
  /** `operationId`, `summary` and `description` of the OpenAPI document. The summary has two to five words. */
  id: string
  summary: string
  description: string
  access: Access
  response: object
  /** The problems that this operation can give beside those of every operation of its kind. */
  problems?: readonly ProblemCode[]
  /** The units of the rate limit that a request takes. Default: 1 for a read, 5 for a write. */
  cost?: number
}

const everyOperation: readonly ProblemCode[] = [
  'invalid-request',
  'unauthenticated',
  'insufficient-scope',
  'not-acceptable',
  'version-conflict',
  'rate-limited',
  'overloaded',
  'unavailable',
]
const everyWrite: readonly ProblemCode[] = [
  'invalid-json',
  'body-too-large',
  'unsupported-media-type',
  'invalid-body',
  'idempotency-key-in-use',
  'idempotency-key-reused',
]

export type Read<P extends TSchema, Q extends TSchema> = Described & {
  params?: P
  query: Q
  /** Waits before `run`, and longer than a request waits for Postgres. `hangUp` aborts when the client hangs up. */
  wait?: (actor: Actor, input: { query: Static<Q> }, hangUp: AbortSignal) => Promise<unknown>
  /** Answers in place of `run` when the request prefers `text/event-stream`. */
  stream?: (request: FastifyRequest, reply: FastifyReply, input: { query: Static<Q> }) => Promise<unknown>
  /** Default: the headers of every read. */
  headers?: TSchema
  run(deps: Deps, actor: Actor, input: { params: Static<P>; query: Static<Q> }): Promise<Representation>
}

type WriteInput<P extends TSchema, B extends TSchema> = {
  params: Static<P>
  body: Static<B>
  precondition: Precondition
}
export type Write<P extends TSchema, B extends TSchema> = Described & {
  params?: P
  /** Absent: the operation has no body at all. */
  body?: B
  /** Every later change conflicts with the operation, so `Prefer: handling=lenient` has no effect. */
  changesAll?: true
  run(deps: Deps, actor: Actor, input: WriteInput<P, B>): Promise<WriteResponse>
}

type Unversioned<P extends TSchema, B extends TSchema> = Write<P, B> & {
  /** Throws the same 404 as `run`. Called for a precondition that names a version, because a 404 is more important. */
  find?(deps: Deps, actor: Actor, params: Static<P>, body: Static<B>): Promise<void>
}

type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * Returns functions that add the operations of one feature. They add what all operations share: tag and scope, the
 * strict query string, idempotency, the precondition, the response. With `writeByTokenOnly`, writes refuse API keys.
 */
export function createOperations(
  app: FastifyInstance,
  deps: Deps,
  feature: { tag: string; read: Scope; write: Scope; writeByTokenOnly?: true },
) {
  const execute = createIdempotentWrites(deps)
  const tokenOnly = feature.writeByTokenOnly ? ({ tokenOnly: true } as const) : {}
  const described = (
    { id, summary, description, response, problems = [] }: Described,
    params: TSchema | undefined,
    general: readonly ProblemCode[],
  ) => ({
    ...{ operationId: id, summary, description, tags: [feature.tag] },
    response: {
      ...response,
      ...problemResponses([...everyOperation, ...(params ? (['not-found'] as const) : []), ...general, ...problems]),
    },
  })

  /** Reads of others than administrators are subject to admission. */
  const readDeps = deps.admission ? { ...deps, db: deps.admission.forReads } : deps
  const readingAs = ({ admin }: Actor): Deps => (admin ? deps : readDeps)

  function write<P extends TSchema, B extends TSchema>(
    method: Method,
    url: string,
    headers: TSchema,
    operation: Write<P, B>,
  ): void {
    const { access, cost, params, body, run } = operation
    app.route({
      ...{ method, url, config: { scope: feature.write, access, cost, ...tokenOnly } },
      schema: {
        ...described(operation, params, method === 'PATCH' ? [...everyWrite, 'precondition-required'] : everyWrite),
        headers,
        querystring: Nothing,
        ...(params && { params }),
        ...(body && { body }),
      },
      handler: async (request, reply) => {
        const executed = execute(keyedRequestOf(request), (deps) =>
          withEventId(deps, entityIdOf(request), (deps) => run(deps, actorOf(request), inputOf(request, method))),
        )
        const { replayed, storedBody: _, ...response } = await waitInTime(deps, executed)
        if (replayed) reply.header('idempotency-replayed', 'true')
        reply.code(response.status).headers(response.headers)
        return reply.send(response.body === '' ? undefined : response.body)
      },
    })
  }

  /** A write to an address without a version. A precondition that names a version fails. */
  const unversioned =
    (method: 'POST' | 'PUT' | 'DELETE') =>
    <P extends TSchema, B extends TSchema>(url: string, { find, ...operation }: Unversioned<P, B>) =>
      write(method, url, creating, {
        ...operation,
        async run(deps, actor, input) {
          if (input.precondition.versions !== 'any') await find?.(deps, actor, input.params, input.body)
          requireNoVersion(input.precondition)
          return operation.run(deps, actor, input)
        },
      })

  return {
    /** A GET: one entity, a view, or a page of a list. Answers 304 when the client has it already. */
    query<P extends TSchema, Q extends TSchema>(url: string, operation: Read<P, Q>): void {
      const { access, cost, params, query, wait, stream, run } = operation
      app.route({
        ...{
          method: 'GET',
          url,
          config: { scope: feature.read, access, cost, awaitsAdmission: true, streams: !!stream },
        },
        schema: {
          ...described(operation, params, []),
          headers: operation.headers ?? reading,
          querystring: query,
          ...(params && { params }),
        },
        handler: async (request, reply) => {
          const input = { params: request.params as Static<P>, query: request.query as Static<Q> }
          const actor = actorOf(request)
          if (stream && prefersStream(request)) {
            await request.admission
            return stream(request, reply, input)
          }
          if (wait) {
            const hangUp = hangUpOf(reply)
            await request.admission
            await wait(actor, input, hangUp)
          }
          const page = waitInTime(deps, run(readingAs(actor), actor, input))
          if (request.admission) {
            // A refusal is more important than an error of the read, which then goes unnoticed.
            page.catch(() => undefined)
            await request.admission
          }
          return sendPage(request, reply, await page)
        },
      })
    },
    /** A POST or PUT to an address without a version. */
    act: unversioned('POST'),
    put: unversioned('PUT'),
    /** A DELETE of what has no version. */
    remove: unversioned('DELETE'),
    /** A POST that creates. */
    create: unversioned('POST'),
    /** A merge patch: the precondition is required. */
    patch: <P extends TSchema, B extends TSchema>(url: string, operation: Write<P, B>) =>
      write('PATCH', url, changing, operation),
    /** Any other write: honours a precondition that is sent. */
    command: <P extends TSchema, B extends TSchema>(
      method: Exclude<Method, 'PATCH'>,
      url: string,
      operation: Write<P, B>,
    ) => write(method, url, operation.changesAll ? changingAll : changing, operation),
  }
}

/** A request that accepts both gets JSON. A HEAD has no stream. */
const prefersStream = (request: FastifyRequest): boolean =>
  request.method === 'GET' && request.type(['application/json', 'text/event-stream']) === 'text/event-stream'

/** Returns a signal that aborts when the connection closes. `request.signal` aborts as soon as a body was read, too. */
export function hangUpOf({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  if (raw.closed) controller.abort()
  else raw.once('close', () => controller.abort())
  return controller.signal
}

/** Returns the id of the goal or task that the address names: `/v1/tasks/{taskId}/dependencies/{blockerId}`. */
function entityIdOf(request: FastifyRequest): string | undefined {
  const { taskId, goalId } = request.params as { taskId?: string; goalId?: string }
  return (taskId ?? goalId)?.toLowerCase()
}

/** The validator has checked params and body against the schemas of the operation. */
function inputOf<P extends TSchema, B extends TSchema>(request: FastifyRequest, method: Method): WriteInput<P, B> {
  const body = request.body as Static<B>
  const { version } = (method === 'PATCH' ? body : {}) as { version?: number }
  const precondition = preconditionOf(request, { required: method === 'PATCH', version })
  return { params: request.params as Static<P>, body, precondition }
}
