import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from '@prometheus-io/client'

/** `degraded` still takes traffic: a dependency that the process can do without is away. */
export type Readiness = { status: 'ready' | 'degraded' | 'unavailable'; checks: Record<string, string> }

/**
 * The probe listener, at `host` or, without one, at every address: `/healthz` (the process runs), `/readyz` (200 `ready` or `degraded`, 503 `unavailable`) and `/metrics` (Prometheus text).
 * @returns its port (useful with port 0) and `close()`
 */
export async function startProbes(options: {
  host?: string | undefined
  port: number
  ready: () => Promise<Readiness>
  registry: Registry
}) {
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: unknown) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
        .end(JSON.stringify(body))
    try {
      const path = new URL(request.url ?? '/', 'http://probe').pathname
      if (path === '/healthz') return answer(200, { status: 'ok' })
      if (path === '/readyz') {
        const readiness = await options.ready()
        return answer(readiness.status === 'unavailable' ? 503 : 200, readiness)
      }
      if (path !== '/metrics') return answer(404, { status: 'not found' })
      const text = await options.registry.metrics()
      return response.writeHead(200, { 'content-type': options.registry.contentType }).end(text)
    } catch (error) {
      return answer(503, {
        status: 'unavailable',
        checks: { probe: error instanceof Error ? error.message : 'failed' },
      })
    }
  })
  const { host, port } = options
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ host, port }, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections()),
  }
}

/** Whether `asked` answers in time: a server that hangs keeps its connections, so only an answer tells. Whoever probes us waits a second, as a rule. */
export async function answers(asked: Promise<unknown>, withinMs = 800): Promise<boolean> {
  const late = Promise.withResolvers<false>()
  const timer = setTimeout(() => late.resolve(false), withinMs)
  const answered = asked.then(
    () => true,
    () => false,
  )
  return Promise.race([answered, late.promise]).finally(() => clearTimeout(timer))
}
