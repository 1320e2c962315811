import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from './error-handler.ts'
import type { Problem } from './problems.ts'

type Level = 'info' | 'debug'

const levels = new WeakMap<FastifyRequest, Level>()

/** Returns the level of the line of a request that `refuse` has ended. */
export const refusalLevelOf = (request: FastifyRequest): Level | undefined => levels.get(request)

/**
 * Ends a request from a hook, before its body is read. It costs less than an error, so it suits floods. `level` is the
 * level of the request's line: the log has the reason once.
 */
export function refuse(request: FastifyRequest, reply: FastifyReply, problem: Problem, level: Level): void {
  levels.set(request, level)
  sendProblem(request, reply, problem)
}
