import { forbidden } from '@goals-tasks/http'
import type { FastifyRequest } from 'fastify'

/**
 * Refuses a request that a page of another site may have caused. Browsers name the origin of a request in
 * `Sec-Fetch-Site` or at least in `Origin`, and a page can forge neither header. Behind a trusted proxy the host is
 * that of `X-Forwarded-Host`.
 * @throws Problem 403 for another origin and for a request without both headers
 */
export function requireSameOrigin({ headers, host, protocol }: FastifyRequest): void {
  const site = headers['sec-fetch-site']
  if (site === undefined ? hostOf(headers.origin) !== hostOf(`${protocol}://${host}`) : site !== 'same-origin')
    throw forbidden(
      'A change with a session cookie must come from a page of this address. Scripts send a token instead.',
    )
}

/** Returns the host with its port, unless that is the port of the scheme: proxies may or may not send it. */
const hostOf = (origin: string | undefined) => (origin && URL.canParse(origin) ? new URL(origin).host : undefined)
