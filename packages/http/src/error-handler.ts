import { isConnectionLoss, Overloaded, sqlState } from '@goals-tasks/db'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem, type ProblemCode, problems, unavailable } from './problems.ts'

/** Answers every error as application/problem+json (RFC 9457); nothing of ours but its code leaves the process. */
export function registerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: unknown, request, reply) => {
    const problem = error instanceof Problem ? error : toProblem(error, request.method)
    const { status } = problems[problem.code]
    if (status >= 500) request.log.error({ err: error }, 'request failed')
    else if (problem.cause) request.log.debug({ err: problem.cause }, problem.message)
    return sendProblem(request, reply, problem)
  })
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, unknownAddress(request)))
}

function unknownAddress({ method, url }: FastifyRequest): Problem {
  return implemented.has(method)
    ? new Problem('not-found', `Nothing lives at ${url.split('?')[0]}.`)
    : new Problem('not-implemented', `Nothing here knows ${method}.`)
}

const implemented = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem) {
  return reply
    .code(problems[problem.code].status)
    .headers({ 'cache-control': 'no-store', ...problem.headers })
    .type('application/problem+json')
    .send(problemText(problem, { traceId: request.id, instance: request.url.split('?')[0] }))
}

/** The body of a problem; `instance` is the path of the request, as far as it is known. */
export function problemText(problem: Problem, request: { traceId: string; instance?: string | undefined }): string {
  const { code, message: detail, extra } = problem
  const { traceId, instance } = request
  return JSON.stringify({ type: `/problems/${code}`, ...problems[code], detail, instance, code, traceId, ...extra })
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
  'invalid-json': 'The body cannot be read as JSON.',
  'unsupported-media-type': 'Send the body as application/json; a PATCH also as application/merge-patch+json.',
}

export function toProblem(error: unknown, method: string): Problem {
  const state = sqlState(error)
  if (state) return fromPostgres(state, error, method)
  const thrown = error as Partial<FastifyError>
  const code = byFastifyCode[thrown.code ?? '']
  if (code)
    return new Problem(code, detailOf[code] ?? problems[code].title, {
      cause: error,
    })
  if (error instanceof Overloaded || isConnectionLoss(error)) return unavailable('The database is away or busy.', error)
  if (thrown.statusCode && thrown.statusCode >= 400 && thrown.statusCode < 500)
    return new Problem('invalid-request', 'The request cannot be read.', { cause: error })
  return new Problem('internal', 'The request failed; the trace id finds it in the log.', { cause: error })
}

/** Class 22 and check constraints: a value that got past the schema but that Postgres will not hold. */
function fromPostgres(state: string, error: unknown, method: string): Problem {
  if (state.startsWith('22') || state === '23514') {
    const code = method === 'GET' || method === 'HEAD' ? 'invalid-request' : 'invalid-body'
    return new Problem(code, 'A value is out of range.', { cause: error })
  }
  const away = ['08', '53', '57', '55', '25', '40'].includes(state.slice(0, 2))
  return away
    ? unavailable('The database is away or busy.', error)
    : new Problem('internal', 'The request failed; the trace id finds it in the log.', { cause: error })
}
