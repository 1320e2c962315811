import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf } from '@goals-tasks/config/message-of'
import type { Registry } from '@prometheus-io/client'

/** `degraded` still takes traffic: an optional dependency does not answer. */
export type Readiness = { status: 'ready' | 'degraded' | 'unavailable'; checks: Record<string, string> }

/**
 * Starts the probe listener at `host`, or at every address without one: `/healthz` (the process runs), `/readyz` (200
 * `ready` or `degraded`, 503 `unavailable`) and `/metrics` (Prometheus text).
 * @returns its port (useful with port 0) and `close()`
 */
export async function startProbes(options: {
  host?: string | undefined
  port: number
  ready: () => Promise<Readiness>
  registry: Registry
}) {
  const server = createServer(async (request, response) => {
    const { status, headers, body } = await respond(request.url ?? '/', options).catch((error: unknown) =>
      json(503, { status: 'unavailable', checks: { probe: messageOf(error) } }),
    )
    response.writeHead(status, headers).end(body)
  })
  const { host, port } = options
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ host, port }, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections()),
  }
}

type Response = { status: number; headers: Record<string, string>; body: string }

const json = (status: number, body: unknown): Response => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify(body),
})

async function respond(
  url: string,
  { ready, registry }: { ready: () => Promise<Readiness>; registry: Registry },
): Promise<Response> {
  const path = new URL(url, 'http://probe').pathname
  if (path === '/healthz') return json(200, { status: 'ok' })
  if (path === '/readyz') {
    const readiness = await ready()
    return json(readiness.status === 'unavailable' ? 503 : 200, readiness)
  }
  if (path !== '/metrics') return json(404, { status: 'not found' })
  return { status: 200, headers: { 'content-type': registry.contentType }, body: await registry.metrics() }
}

/**
 * Returns whether `response` resolves in time. A server that hangs keeps its connections open, so only a response shows
 * that it works. The caller of a probe usually waits one second.
 */
export async function answers(response: Promise<unknown>, withinMs = 800): Promise<boolean> {
  const late = Promise.withResolvers<false>()
  const timer = setTimeout(() => late.resolve(false), withinMs)
  const answered = response.then(
    () => true,
    () => false,
  )
  return Promise.race([answered, late.promise]).finally(() => clearTimeout(timer))
}
