import { forbidden } from '@goals-tasks/http'
import type { FastifyRequest } from 'fastify'

/**
 * Refuses a request that a page of another site may have caused. Browsers name the origin of a request in
 * `Sec-Fetch-Site` or at least in `Origin`, and a page can forge neither header.
 * @throws Problem 403 for another origin and for a request without both headers
 */
export function requireSameOrigin({ headers, host }: FastifyRequest): void {
  const site = headers['sec-fetch-site']
  if (site === undefined ? hostOf(headers.origin) !== host : site !== 'same-origin')
    throw forbidden(
      'A change with a session cookie must come from a page of this address. Scripts send a token instead.',
    )
}

const hostOf = (origin: string | undefined) => (origin && URL.canParse(origin) ? new URL(origin).host : undefined)
