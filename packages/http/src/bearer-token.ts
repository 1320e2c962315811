import type { IncomingHttpHeaders } from 'node:http'

/** Returns the token of an `Authorization: Bearer <token>` header, or undefined without one. */
export function bearerTokenOf({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  const [scheme, token] = authorization.split(' ')
  return scheme?.toLowerCase() === 'bearer' && token ? token : undefined
}
