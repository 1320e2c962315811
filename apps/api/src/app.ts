import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import {
  collectMethods,
  createServer,
  registerAuth,
  registerCompression,
  registerMethodNotAllowed,
  registerProblemPages,
  type ServerOptions,
  type Verifier,
} from '@goals-tasks/http'
import type { LinkTokens } from '@goals-tasks/mail/links'
import type { Registry } from '@goals-tasks/observability'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Deps } from './deps.ts'
import { apiKeyRoutes } from './features/api-keys/routes.ts'
import { type ChangesOptions, changesRoutes } from './features/changes/routes.ts'
import { contactRoutes } from './features/contacts/routes.ts'
import { goalRoutes } from './features/goals/routes.ts'
import { mailLinkRoutes } from './features/mail-links/routes.ts'
import { mailScheduleRoutes } from './features/mail-schedule/routes.ts'
import { notificationPreferenceRoutes } from './features/notification-preferences/routes.ts'
import { notificationRoutes } from './features/notifications/routes.ts'
import { syncRunRoutes } from './features/sync-runs/routes.ts'
import { taskRoutes } from './features/tasks/routes.ts'
import { webhookMessageRoutes } from './features/webhook-messages/routes.ts'
import { webhookRoutes } from './features/webhooks/routes.ts'
import { registerOpenapi } from './openapi/register.ts'
import { createRequestAdmission } from './resource/http/admission.ts'
import { registerConcurrencyLimit } from './resource/http/concurrency.ts'
import { type FairTurns, registerFairTurns } from './resource/http/fair-turns.ts'
import { chargeRefusal, type RateLimit, registerRateLimit } from './resource/http/rate-limit.ts'
import { nameHints } from './resource/name-hints.ts'

export type AppOptions = {
  log: Logger
  registry: Registry
  verify: Verifier
  corsOrigins: readonly string[]
  trustProxy: readonly string[]
  /** The address under which clients reach the API. Default: document and problems have relative addresses. */
  publicUrl?: string | undefined
  /** The tokens in the links of mails. Default: no link is valid. */
  linkTokens?: LinkTokens | undefined
  /** Default: no limit. */
  rateLimit?: RateLimit | undefined
  /** Requests of one user that run at a time. Default: no limit. */
  maxRequestsPerUser?: number | undefined
  /** Limits of the turns of large bodies. Default: as in `createServer`. */
  bodyTurnLimits?: ServerOptions['bodyTurnLimits']
  /** The limits of turns that differ from the default. Default: no change waits for a turn. */
  fairTurns?: FairTurns['limits'] | undefined
  /** Open connections. Default: no limit. */
  maxConnections?: number | undefined
  /** Default: no limit. */
  shutdownTimeoutMs?: number
  /** Returns whether the log has a line about an outage of Postgres. Default: never. */
  isOutageLogged?: () => boolean
} & Omit<ChangesOptions, 'verify'>

/** Builds the API: plugins first, then one line per feature, in this order. */
export async function buildApp(deps: Deps, options: AppOptions): Promise<FastifyInstance> {
  const admission = deps.admission && createRequestAdmission(deps.admission)
  const app = await createServer({
    ...options,
    refuseEarly: admission?.refuseEarly,
    socketPaths: ['/v1/changes/socket'],
    bodyLimitBytes: 256 * 1024,
    requestIdOf,
    nameHints,
  })
  const methods = collectMethods(app)
  registerCompression(app)
  await registerOpenapi(app, options.publicUrl)
  registerProblemPages(app)
  // Routes above are public. Every route below needs a scope.
  const verify: Verifier = (token) => deps.apiKeys.beside(options.verify)(token)
  registerAuth(app, {
    verify,
    beforeRefusal: options.rateLimit && chargeRefusal(options.rateLimit),
  })
  const { maxRequestsPerUser, fairTurns, registry } = options
  if (maxRequestsPerUser !== undefined) registerConcurrencyLimit(app, { maxPerUser: maxRequestsPerUser, registry })
  // A change that has waited is judged by the load of that moment.
  if (fairTurns) registerFairTurns(app, { limits: fairTurns, registry })
  admission?.register(app)
  if (options.rateLimit) registerRateLimit(app, options.rateLimit)

  await app.register(goalRoutes(deps))
  await app.register(taskRoutes(deps))
  await app.register(apiKeyRoutes(deps))
  await app.register(notificationRoutes(deps))
  await app.register(changesRoutes(deps, { ...options, verify }))
  await app.register(notificationPreferenceRoutes(deps))
  await app.register(mailScheduleRoutes(deps))
  await app.register(webhookRoutes(deps))
  await app.register(webhookMessageRoutes(deps))
  await app.register(syncRunRoutes(deps))
  await app.register(contactRoutes(deps))
  await app.register(mailLinkRoutes(deps, options.linkTokens))

  registerMethodNotAllowed(app, methods)
  return app
}

/** Returns the id for response, events and log: the trace id, else the request id of an ingress, else a new one. */
function requestIdOf({ headers }: IncomingMessage): string {
  const trace = /^00-([0-9a-f]{32})-/.exec(String(headers.traceparent ?? ''))?.[1]
  const given = headers['x-request-id']
  return trace ?? (typeof given === 'string' && /^[\w.-]{8,64}$/.test(given) ? given : randomUUID())
}
