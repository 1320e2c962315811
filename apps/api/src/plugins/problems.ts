import { isConnectionLoss, Overloaded, sqlState } from '@goals-tasks/db'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem, type ProblemCode, problems, unavailable } from '../errors.ts'

/** Answers every error as application/problem+json (RFC 9457); nothing of ours but its code leaves the process. */
export function registerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: unknown, request, reply) => {
    const problem = error instanceof Problem ? error : toProblem(error, request.method)
    const { status } = problems[problem.code]
    if (status >= 500) request.log.error({ err: error }, 'request failed')
    else if (problem.cause) request.log.debug({ err: problem.cause }, problem.message)
    return sendProblem(request, reply, problem)
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, new Problem('not-found', `Nothing lives at ${request.url.split('?')[0]}.`)),
  )
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem) {
  const { status, title } = problems[problem.code]
  const body = {
    type: `/problems/${problem.code}`,
    title,
    status,
    detail: problem.message,
    instance: request.url.split('?')[0],
    code: problem.code,
    traceId: request.id,
  }
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', ...problem.headers })
    .type('application/problem+json')
    .send(JSON.stringify({ ...body, ...problem.extra }))
}

const byFastifyCode: Record<string, ProblemCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid-json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid-json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid-json',
  FST_ERR_HANDLER_TIMEOUT: 'unavailable',
}

function toProblem(error: unknown, method: string): Problem {
  const state = sqlState(error)
  if (state) return fromPostgres(state, error, method)
  const thrown = error as Partial<FastifyError>
  const code = byFastifyCode[thrown.code ?? '']
  if (code)
    return new Problem(code, code === 'invalid-json' ? 'The body cannot be read as JSON.' : problems[code].title, {
      cause: error,
    })
  if (error instanceof Overloaded || isConnectionLoss(error)) return unavailable('The database is away or busy.', error)
  if (thrown.statusCode && thrown.statusCode >= 400 && thrown.statusCode < 500)
    return new Problem('invalid-request', 'The request cannot be read.', { cause: error })
  return new Problem('internal', 'The request failed; the trace id finds it in the log.', { cause: error })
}

/** Class 22 and check constraints: a value that got past the schema but that Postgres will not hold. */
function fromPostgres(state: string, cause: unknown, method: string): Problem {
  if (state.startsWith('22') || state === '23514')
    return new Problem(
      method === 'GET' || method === 'HEAD' ? 'invalid-request' : 'invalid-body',
      'A value is out of range.',
      { cause },
    )
  const away = ['08', '53', '57', '55', '25', '40'].includes(state.slice(0, 2))
  return away
    ? unavailable('The database is away or busy.', cause)
    : new Problem('internal', 'The request failed; the trace id finds it in the log.', { cause })
}
