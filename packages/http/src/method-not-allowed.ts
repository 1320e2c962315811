import type { FastifyInstance } from 'fastify'
import { Problem } from './problems.ts'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE'] as const

/** Collects the methods of each address without a wildcard. Call before the first route and pass the result on. */
export function collectMethods(app: FastifyInstance): Map<string, Set<string>> {
  const methodsOf = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return
    const present = methodsOf.get(url) ?? new Set()
    for (const name of [method].flat()) present.add(name)
    methodsOf.set(url, present)
  })
  return methodsOf
}

/** Sends 405 with Allow when an address exists under other methods only, and 204 for OPTIONS. Call after all routes. */
export function registerMethodNotAllowed(
  app: FastifyInstance,
  methodsOf: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  for (const [url, present] of [...methodsOf]) {
    const allow = [...new Set([...present, 'OPTIONS'])].join(', ')
    const refuse = async () => {
      throw new Problem('method-not-allowed', `Use ${allow}.`, { headers: { allow } })
    }
    const shared = { url, config: { public: true }, schema: { hide: true } } as const
    app.route({
      ...shared,
      method: 'OPTIONS',
      handler: (_request, reply) => reply.code(204).header('allow', allow).send(),
    })
    app.route({
      ...shared,
      method: methods.filter((name) => !present.has(name)),
      // The refusal comes before the body is read.
      onRequest: refuse,
      handler: refuse,
    })
  }
}
