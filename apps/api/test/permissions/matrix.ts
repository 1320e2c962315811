import type { Scope } from '@goals-tasks/http'
import { createLogger, createRegistry } from '@goals-tasks/observability'
import { buildApp } from '../../src/app.ts'
import type { Deps } from '../../src/deps.ts'
import { type Access, matrixActors, matrixStates } from '../../src/resource/http/access.ts'
import { collectRoutes } from '../support/collect-routes.ts'

export { matrixActors, matrixStates }
export type ActorName = (typeof matrixActors)[number]
export type State = (typeof matrixStates)[number]
export type Entry = Access & { scope: Scope }

// The routes are only described here and never called, so they need no dependencies.
const [app, described] = await collectRoutes(() =>
  buildApp({} as Deps, {
    log: createLogger('api', 'silent'),
    registry: createRegistry(),
    verify: () => Promise.reject(new Error('not called')),
    corsOrigins: [],
    trustProxy: [],
  }),
)
await app.close()

/** Every route, hidden ones too, one entry per method. */
export const routes = described

/** Every route that needs a token, with its scope and what it says of its access, by `GET /v1/goals`. */
export const matrix: Record<string, Entry> = Object.fromEntries(
  described.flatMap(({ name, route: { config } }) =>
    config?.scope && config.access && !name.startsWith('HEAD ')
      ? [[name, { scope: config.scope, ...config.access }]]
      : [],
  ),
)

/** Routes that need no token. A known address below /v1 refuses other methods with 405 before anything else. */
export const publicRoutes = ['/openapi.json', '/docs', '/docs/', '/docs/js/scalar.js', '/problems/:code']
