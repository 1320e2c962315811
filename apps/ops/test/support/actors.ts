import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { createSessions } from '../../src/login/session.ts'

export const secret = 'a secret for the tests of the ops process'
export const operatorId = randomUUID()
/** The header that a browser adds to a request of a page from the same origin. */
export const sameOrigin = { 'sec-fetch-site': 'same-origin' }

export function signToken(scope: string, expires = '1 hour'): Promise<string> {
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(operatorId)
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret))
}

export const bearer = async (scope = 'ops') => ({ authorization: `Bearer ${await signToken(scope)}` })

/** Returns the `Cookie` header of a session with the scope `ops`. */
export async function sessionOf({ expiresAtMs = Date.now() + 60_000, key = secret } = {}) {
  const actor = { id: operatorId, admin: false, scopes: new Set(['ops']), expiresAtMs }
  const { value } = await createSessions(key).seal(actor)
  return { cookie: `ops_session=${value}` }
}
