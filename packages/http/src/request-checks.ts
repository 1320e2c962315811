import accepts from '@fastify/accepts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from './problems.ts'

/** Refuses a request without a Host header (400), and one that accepts neither JSON nor HTML (406). */
export async function registerRequestChecks(app: FastifyInstance): Promise<void> {
  await app.register(accepts)
  app.addHook('onRequest', (request, _reply, done) => done(findProblem(request)))
}

function findProblem(request: FastifyRequest): Problem | undefined {
  if (request.headers.host === undefined && request.raw.httpVersion === '1.1')
    return new Problem('invalid-request', 'The Host header is missing.')
  return isAcceptable(request) ? undefined : new Problem('not-acceptable', 'Accept application/json.')
}

/** Media ranges that pass when the Accept header names them, with any parameters. */
const servedRanges = ['application/json', 'application/problem+json', 'text/html', 'text/*']

/** JSON may match a wildcard. HTML must be named: a client that accepts everything but JSON does not want a page. */
const isAcceptable = (request: FastifyRequest): boolean =>
  request.type('application/json') !== false || namedRanges(request).some((range) => servedRanges.includes(range))

/** Returns the media ranges of the Accept header, except those with `q=0`. */
const namedRanges = (request: FastifyRequest): string[] =>
  [request.types()].flat().map((range) => String(range).toLowerCase())
