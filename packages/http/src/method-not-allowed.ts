import type { FastifyInstance } from 'fastify'
import createRouter from 'find-my-way'
import { Problem } from './problems.ts'

/** Methods that addresses may refuse. Others are not implemented anywhere. */
const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'])

type MethodsOf = ReadonlyMap<string, ReadonlySet<string>>

/** Collects the methods of each address without a wildcard. Call before the first route and pass the result on. */
export function collectMethods(app: FastifyInstance): MethodsOf {
  const methodsOf = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return
    const present = methodsOf.get(url) ?? new Set()
    for (const name of [method].flat()) present.add(name)
    methodsOf.set(url, present)
  })
  return methodsOf
}

/**
 * Sends 405 with Allow when an address exists under other methods only, and 204 for OPTIONS, before the body is read.
 * Call on the app itself, after the hooks that such a request has to pass.
 * A route per address and method would do the same. It took a tenth of the start of the API and 6 MB.
 */
export function registerMethodNotAllowed(app: FastifyInstance, methodsOf: MethodsOf): void {
  // Fastify has registered all routes when the first request comes.
  let findAllowed: (url: string) => string | undefined = (url) => {
    findAllowed = createLookup(methodsOf)
    return findAllowed(url)
  }
  app.addHook('onRequest', (request, reply, done) => {
    const allow = request.is404 && methods.has(request.method) ? findAllowed(request.url) : undefined
    if (allow === undefined) done()
    else if (request.method === 'OPTIONS') reply.code(204).header('allow', allow).send()
    else done(new Problem('method-not-allowed', `Use ${allow}.`, { headers: { allow } }))
  })
}

/** Returns a function that finds the value of Allow for the path of a URL. An empty parameter makes another address. */
function createLookup(methodsOf: MethodsOf): (url: string) => string | undefined {
  const router = createRouter({ maxParamLength: 16_384 })
  for (const [url, present] of methodsOf)
    router.on('GET', url, () => undefined, { allow: [...new Set([...present, 'OPTIONS'])].join(', ') })
  return (url) => {
    const found = router.find('GET', url)
    return found && !Object.values(found.params).includes('') ? found.store.allow : undefined
  }
}
