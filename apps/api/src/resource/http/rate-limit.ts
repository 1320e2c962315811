import type { RateDecision, RateLimiter, RatePolicy } from '@goals-tasks/cache'
import { Problem } from '@goals-tasks/http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { limitOf, type RateLimits } from '../../rate-limits.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The units that a request takes from a quota. Default: 1 for GET and HEAD, 5 for other methods. */
    cost?: number | undefined
    /** The handler awaits `admission` itself, beside its read. */
    awaitsAdmission?: true
  }
  interface FastifyRequest {
    /** Rejects with a 429 when the rate limit refuses the request. Absent without a rate limit, or when it admits. */
    admission?: Promise<void> | undefined
  }
}

export type RateLimit = { limiter: Pick<RateLimiter, 'take'>; limits: RateLimits }

const defaultCosts = { read: 1, write: 5 }

/**
 * Limits the rate of requests by API key, user or address. A route that awaits `admission` itself begins its read
 * meanwhile, so the limit adds no round trip in series to a read. Call after `registerAuth`.
 */
export function registerRateLimit(app: FastifyInstance, rateLimit: RateLimit): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (request.method === 'OPTIONS') return done()
    const admission = admit(rateLimit, { request, reply, cost: costOf(request) })
    if (admission === undefined || admission instanceof Problem) return done(admission)
    if (request.routeOptions.config.awaitsAdmission) {
      request.admission = admission
      admission.then(
        () => {
          request.admission = undefined
        },
        // An invalid request does not reach the handler.
        () => undefined,
      )
      done()
    } else admission.then(() => done(), done)
  })
  // The response to an invalid request has the headers as well.
  app.addHook('onSend', ({ admission }, _reply, payload, done) => {
    const send = () => done(null, payload)
    if (admission) admission.then(send, send)
    else send()
  })
}

/**
 * Counts a refused request for its API key or user when its token is good, else for its address. Rejects with a 429
 * above the limit.
 */
export const chargeRefusal =
  (rateLimit: RateLimit) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const refusal = await admit(rateLimit, { request, reply, cost: 1 })
    if (refusal instanceof Problem) throw refusal
  }

type Admission = { request: FastifyRequest; reply: FastifyReply; cost: number }

function admit({ limiter, limits }: RateLimit, { request, reply, cost }: Admission) {
  const { actor, ip } = request
  const limit = limitOf(limits, { userId: actor?.id, keyId: actor?.keyId, address: ip })
  if (!limit) return undefined
  const decision = limiter.take(limit.sender, limit.policy, cost)
  if (!(decision instanceof Promise)) return describe(reply, limit.policy, decision)
  return decision.then((known) => {
    const refusal = describe(reply, limit.policy, known)
    if (refusal) throw refusal
  })
}

function costOf({ method, routeOptions }: FastifyRequest): number {
  const byMethod = method === 'GET' || method === 'HEAD' ? defaultCosts.read : defaultCosts.write
  return routeOptions.config.cost ?? byMethod
}

const headersByPolicy = new WeakMap<RatePolicy, string>()

function policyHeader(policy: RatePolicy): string {
  const known = headersByPolicy.get(policy)
  if (known !== undefined) return known
  const header = `"${policy.name}";q=${policy.quota};w=${policy.windowMs / 1_000}`
  headersByPolicy.set(policy, header)
  return header
}

/** Adds the headers of draft-ietf-httpapi-ratelimit-headers. @returns the problem of a refused request */
function describe(reply: FastifyReply, policy: RatePolicy, decision: RateDecision) {
  const { name, quota, windowMs } = policy
  // The time limit may have answered already.
  if (!reply.raw.headersSent) {
    reply.header('ratelimit-policy', policyHeader(policy))
    reply.header('ratelimit', `"${name}";r=${decision.remaining};t=${Math.ceil(decision.resetMs / 1_000)}`)
  }
  if (decision.isAdmitted) return undefined
  const waitS = Math.max(1, Math.ceil(decision.retryAfterMs / 1_000))
  return new Problem(
    'rate-limited',
    `The policy ${name} allows ${quota} in ${windowMs / 1_000} s. Try again in ${waitS} s.`,
    {
      headers: { 'retry-after': String(waitS) },
      extra: { policy: name },
    },
  )
}
