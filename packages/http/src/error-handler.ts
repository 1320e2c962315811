import type { Server } from 'node:http'
import { isConnectionLoss, Overloaded, sqlState } from '@goals-tasks/db'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createFailureLog } from './failure-log.ts'
import { type ProblemCode, problems } from './problem-table.ts'
import { overloaded, Problem, unavailable, unsupportedMediaType } from './problems.ts'

const publicUrls = new WeakMap<Server, string>()

/** Returns the address under which clients reach the service, empty when it is not configured. */
export const publicUrlOf = ({ server }: FastifyInstance): string => publicUrls.get(server) ?? ''

/**
 * Sends every error as application/problem+json (RFC 9457). Messages of unexpected errors go to the log only.
 * `publicUrl` makes the address in `type` absolute. Call before the first route.
 */
export function registerProblems(
  app: FastifyInstance,
  { publicUrl = '', isOutageLogged = () => false }: { publicUrl?: string; isOutageLogged?: () => boolean } = {},
): void {
  publicUrls.set(app.server, publicUrl)
  const logFailure = createFailureLog(isOutageLogged)
  app.setErrorHandler((error: unknown, request, reply) => {
    const problem = problemOf(error, request)
    const { status } = problems[problem.code]
    if (status >= 500) logFailure(request, problem, error)
    else if (problem.cause) request.log.debug({ err: problem.cause }, problem.message)
    return sendProblem(request, reply, problem)
  })
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, noRoute(request)))
}

function problemOf(error: unknown, request: FastifyRequest): Problem {
  // The stream of a request fails with the same code as a connection to Postgres.
  if (error === request.raw.errored)
    return new Problem('invalid-request', 'The connection was closed before the body was complete.', { cause: error })
  return error instanceof Problem ? error : toProblem(error, request.method)
}

/** Returns the problem of a request that no route serves. */
export function noRoute({ method, url }: FastifyRequest): Problem {
  if (!implemented.has(method)) return new Problem('not-implemented', `The method ${method} is not supported.`)
  const [path = ''] = url.split('?')
  const hint = /[^/]\/+$/.test(path) ? ` An address has no slash at its end: ${path.replace(/\/+$/, '')}.` : ''
  return new Problem('not-found', `No route matches ${path}.${hint}`)
}

const implemented = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Sends a problem as the response to a request. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem) {
  return reply
    .code(problems[problem.code].status)
    .headers({ 'cache-control': 'no-store', ...problem.headers })
    .type('application/problem+json')
    .send(
      problemText(problem, { traceId: request.id, instance: request.url.split('?')[0] }, publicUrlOf(request.server)),
    )
}

/**
 * Returns the JSON body of a problem. `instance` is the path of the request, if it is known. `publicUrl` makes the
 * address in `type` absolute.
 */
export function problemText(
  problem: Problem,
  request: { traceId: string; instance?: string | undefined },
  publicUrl = '',
): string {
  const { code, message: detail, extra } = problem
  const { traceId, instance } = request
  const { status, title } = problems[code]
  return JSON.stringify({
    type: `${publicUrl}/problems/${code}`,
    title,
    status,
    detail,
    instance,
    code,
    traceId,
    ...extra,
  })
}

const byFastifyCode: Record<string, ProblemCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid-json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid-json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid-json',
  FST_ERR_HANDLER_TIMEOUT: 'unavailable',
  FST_ERR_MAX_PARAM_LENGTH: 'uri-too-long',
}

const detailOf: Partial<Record<ProblemCode, string>> = {
  'invalid-json': 'The body is not readable as JSON.',
}

/** Maps an error to a problem: a code of Fastify, a state of Postgres, a lost connection, or else `internal`. */
export function toProblem(error: unknown, method: string): Problem {
  const state = sqlState(error)
  if (state) return fromPostgres(state, error, method)
  const thrown = error as Partial<FastifyError>
  const code = byFastifyCode[thrown.code ?? '']
  if (code === 'unsupported-media-type') return unsupportedMediaType(error)
  if (code) return new Problem(code, detailOf[code] ?? problems[code].title, { cause: error })
  if (error instanceof Overloaded) return overloaded(error)
  if (isConnectionLoss(error)) return databaseUnavailable(error)
  if (thrown.statusCode && thrown.statusCode >= 400 && thrown.statusCode < 500)
    return new Problem('invalid-request', 'The request is malformed.', { cause: error })
  return internal(error)
}

const databaseUnavailable = (cause: unknown) => unavailable('The database is unavailable or busy.', cause)
const internal = (cause: unknown) =>
  new Problem('internal', 'The request failed. The log has the cause under the traceId.', { cause })

/** First two characters of the states that a later try may avoid: lost connections, deadlocks, full resources. */
const transientClasses = ['08', '53', '57', '55', '25', '40']

/** Class 22 and check constraints (23514) are values that pass the schema of the route but that Postgres refuses. */
function fromPostgres(state: string, error: unknown, method: string): Problem {
  if (state.startsWith('22') || state === '23514') {
    const code = method === 'GET' || method === 'HEAD' ? 'invalid-request' : 'invalid-body'
    return new Problem(code, 'A value is out of range.', { cause: error })
  }
  if (state === '55P03') return unavailable('Another change of the same goal or task is still running.', error)
  return transientClasses.includes(state.slice(0, 2)) ? databaseUnavailable(error) : internal(error)
}
