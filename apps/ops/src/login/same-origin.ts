import { forbidden } from '@goals-tasks/http'
import type { FastifyRequest } from 'fastify'

/**
 * Refuses a request that another site's page may have caused. A browser says where a request comes from, in
 * `Sec-Fetch-Site` or at least in `Origin`, and no page can forge either; a request with neither is refused as well.
 * @throws Problem 403
 */
export function requireSameOrigin({ headers, host }: FastifyRequest): void {
  const site = headers['sec-fetch-site']
  if (site === undefined ? hostOf(headers.origin) !== host : site !== 'same-origin')
    throw forbidden(
      'A change with a session cookie must come from a page of this address. Scripts send a token instead.',
    )
}

const hostOf = (origin: string | undefined) => (origin && URL.canParse(origin) ? new URL(origin).host : undefined)
