import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FastifyInstance, RouteOptions } from 'fastify'

/** Every route, hidden ones too, of the Fastify instances that come up while `start` runs: one entry per method. */
export async function collectRoutes<T>(start: () => Promise<T>): Promise<[T, { name: string; route: RouteOptions }[]]> {
  const found: { name: string; route: RouteOptions }[] = []
  const watch = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance }
    fastify.addHook('onRoute', (route) => {
      for (const method of [route.method].flat()) found.push({ name: `${method} ${route.url}`, route })
    })
  }
  subscribe('fastify.initialization', watch)
  try {
    return [await start(), found]
  } finally {
    unsubscribe('fastify.initialization', watch)
  }
}
