import type { IncomingMessage } from 'node:http'
import accepts from '@fastify/accepts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { noRoute } from './error-handler.ts'
import { Problem } from './problems.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route also answers with `text/event-stream`. */
    streams?: boolean
  }
}

/**
 * Refuses requests that the service must not or cannot serve: without exactly one Host header (400), of another
 * version of HTTP (505), with an unknown transfer coding (501) or expectation (417), and requests that accept neither
 * JSON nor HTML (406).
 */
export async function registerRequestChecks(app: FastifyInstance): Promise<void> {
  await app.register(accepts)
  app.addHook('onRequest', (request, _reply, done) => done(findProblem(request)))
  // Node would answer an unknown expectation by itself, without a body.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
}

function findProblem(request: FastifyRequest): Problem | undefined {
  const unsupported = findUnsupported(request.raw)
  if (unsupported) return unsupported
  if (hasEmptyParameter(request)) return noRoute(request)
  return isAcceptable(request) ? undefined : new Problem('not-acceptable', 'Accept application/json.')
}

/** A slash at the end of a path is an empty last parameter of a route such as `/v1/goals/:goalId`. */
const hasEmptyParameter = ({ url, routeOptions }: FastifyRequest): boolean =>
  url.split('?', 1)[0]?.endsWith('/') === true && /:\w+$/.test(routeOptions.url ?? '')

function findUnsupported(raw: IncomingMessage): Problem | undefined {
  const { httpVersion, headers } = raw
  if (!httpVersion.startsWith('1.'))
    return new Problem('http-version-not-supported', `Use HTTP/1.1, not HTTP/${httpVersion}.`)
  const hosts = countHosts(raw.rawHeaders)
  if (hosts > 1) return new Problem('invalid-request', 'The request has more than one Host header.')
  if (hosts === 0 && httpVersion === '1.1') return new Problem('invalid-request', 'The Host header is missing.')
  const { 'transfer-encoding': coding, expect: expectation } = headers
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return new Problem('not-implemented', `The transfer coding ${coding} is not supported. Use chunked alone.`)
  if (expectation !== undefined && expectation.toLowerCase() !== '100-continue')
    return new Problem('expectation-failed', `The service cannot meet the expectation ${expectation}.`)
}

/** Counts the Host headers. `headers` shows only the first of them. `rawHeaders` holds names and values in turn. */
function countHosts(rawHeaders: readonly string[]): number {
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts
}

/** Media ranges that pass when the Accept header names them, with any parameters. */
const servedRanges = ['application/json', 'application/problem+json', 'text/html', 'text/*']

/**
 * JSON may match a wildcard. HTML must be named: a client that accepts everything but JSON does not want a page.
 * An empty header accepts anything (RFC 9110, section 12.5.1).
 */
const isAcceptable = (request: FastifyRequest): boolean =>
  request.headers.accept?.trim() === '' ||
  request.type('application/json') !== false ||
  (request.routeOptions.config.streams === true && request.type('text/event-stream') !== false) ||
  namedRanges(request).some((range) => servedRanges.includes(range))

/** Returns the media ranges of the Accept header, except those with `q=0`. */
const namedRanges = (request: FastifyRequest): string[] =>
  [request.types()].flat().map((range) => String(range).toLowerCase())
