import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { CorsHeaders } from './cors.ts'
import { problemText, publicUrlOf, sendProblem, toProblem } from './error-handler.ts'
import { type ProblemCode, problems } from './problem-table.ts'
import { Problem } from './problems.ts'

type ParserError = Error & { code?: string }

/**
 * Returns the Fastify options that send a problem also for a request that reaches no route: a path that cannot be
 * decoded, a path with too long a part, and bytes that are not HTTP.
 */
export const malformedRequests = (corsHeaders: CorsHeaders) => ({
  frameworkErrors(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
    // No hook has run, so the headers of every response are still missing.
    reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff', ...corsHeaders(request) })
    request.log.info({ err: error, method: request.method }, 'request refused')
    return sendProblem(request, reply, toProblem(error, request.method))
  },
  clientErrorHandler(this: FastifyInstance, error: ParserError, socket: Socket) {
    // The client is gone and reads no response.
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    const traceId = randomUUID()
    const problem = fromParser(error)
    this.log.info({ traceId, err: error }, 'request refused')
    socket.end(httpText(problem, traceId, publicUrlOf(this)), () => destroyLater(socket))
  },
})

/** Time in which the client can read the response. A client that goes on sending would hold the connection. */
const lingerMs = 1_000

function destroyLater(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(timer))
}

const byParserCode: Record<string, [ProblemCode, string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'The headers are too large.'],
  HPE_INVALID_METHOD: ['not-implemented', 'The method is not supported.'],
  HPE_INVALID_VERSION: ['http-version-not-supported', 'Use HTTP/1.1.'],
}

function fromParser({ code = '' }: ParserError): Problem {
  const [problem, detail] = byParserCode[code] ?? ['invalid-request', 'The request is not valid HTTP.']
  return new Problem(problem, detail)
}

/** Writes the response as text, because Fastify has no request to reply to. */
function httpText(problem: Problem, traceId: string, publicUrl: string): string {
  const body = problemText(problem, { traceId }, publicUrl)
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
