import { randomBytes } from 'node:crypto'

/**
 * Creates a source of lease tokens. Each token is a random start plus a counter, so that no process creates it twice.
 * Tokens contain no space and no comma.
 */
export function createLeaseTokens(): () => string {
  const start = randomBytes(12).toString('base64url')
  let created = 0
  return () => `${start}.${(created++).toString(36)}`
}
