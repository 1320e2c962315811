import type { Admission } from '@goals-tasks/db'
import { overloaded, refuse } from '@goals-tasks/http'
import type { FastifyInstance } from 'fastify'

const reads: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses writes while too much work waits for Postgres, before their bodies are read. Administrators are never
 * refused: they may be about to repair the cause. Call after `registerAuth`.
 */
export function registerAdmission(app: FastifyInstance, { admitsWrite }: Pick<Admission, 'admitsWrite'>): void {
  // One for all: an error of each refusal would cost its stack trace.
  const refusal = overloaded()
  app.addHook('onRequest', (request, reply, done) => {
    if (reads.has(request.method) || request.actor?.admin || admitsWrite()) done()
    else refuse(request, reply, refusal, 'debug')
  })
}
