import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { problemText, sendProblem, toProblem } from './error-handler.ts'
import { Problem, type ProblemCode, problems } from './problems.ts'

type ParserError = Error & { code?: string }

/**
 * Options of a Fastify that answers as problems also what reaches no route: a path that cannot be decoded or that has too
 * long a part, and whatever is not HTTP as we speak it.
 */
export const malformedRequests = {
  // Node would answer a request without one on its own, and with an empty body: a hook refuses it instead.
  http: { requireHostHeader: false },
  frameworkErrors(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
    // No hook has run: what every answer has is still missing.
    reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' })
    request.log.info({ err: error, method: request.method }, 'request refused')
    return sendProblem(request, reply, toProblem(error, request.method))
  },
  clientErrorHandler(this: FastifyInstance, error: ParserError, socket: Socket) {
    // Nobody is there to read an answer.
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    const traceId = randomUUID()
    const problem = fromParser(error)
    this.log.info({ traceId, err: error }, 'request refused')
    socket.end(httpText(problem, traceId))
  },
}

const byParserCode: Record<string, [ProblemCode, string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'The headers are larger than this service takes.'],
  HPE_INVALID_METHOD: ['not-implemented', 'Nothing here knows the method.'],
}

function fromParser({ code = '' }: ParserError): Problem {
  const [problem, detail] = byParserCode[code] ?? ['invalid-request', 'The request cannot be read as HTTP.']
  return new Problem(problem, detail)
}

/** There is no request to reply to, only a connection. */
function httpText(problem: Problem, traceId: string): string {
  const body = problemText(problem, { traceId })
  const headers = [
    `HTTP/1.1 ${problems[problem.code].status} ${problems[problem.code].title}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${traceId}`,
    'x-content-type-options: nosniff',
    'cache-control: no-store',
    'connection: close',
  ]
  return `${headers.join('\r\n')}\r\n\r\n${body}`
}
