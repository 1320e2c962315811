import type { IncomingHttpHeaders } from 'node:http'
import { tokenMalformed } from './problems.ts'

/**
 * Returns the token of an `Authorization: Bearer <token>` header, or undefined without one. Any number of spaces may
 * stand before the token (RFC 9110, section 11.4).
 * @throws Problem 400 when the header has anything but spaces and one word after `Bearer`
 */
export function bearerTokenOf({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  const [, credentials] = /^bearer(?=\s|$)(.*)$/i.exec(authorization.trim()) ?? []
  if (!credentials) return undefined
  const [, token] = /^ +(\S+)$/.exec(credentials) ?? []
  if (token === undefined) throw tokenMalformed()
  return token
}

/**
 * Returns the token of a WebSocket request: of its header `Authorization`, or of the subprotocol `bearer.<token>`,
 * because the API of browsers sets no header.
 * @throws Problem 400 as `bearerTokenOf`
 */
export function streamTokenOf(headers: IncomingHttpHeaders): string | undefined {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/)
  const named = offered.find((each) => each.startsWith('bearer.'))
  return bearerTokenOf(headers) ?? named?.slice('bearer.'.length)
}
