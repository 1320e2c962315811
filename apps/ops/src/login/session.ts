import { hkdfSync, randomBytes } from 'node:crypto'
import type { AuthenticatedActor } from '@goals-tasks/http'
import { errors, jwtVerify, SignJWT } from 'jose'

export const sessionCookie = 'ops_session'
const maxSessionMs = 3_600_000
const verifyOptions = { algorithms: ['HS256'], requiredClaims: ['exp', 'sub', 'scopes'] }

type SessionClaims = { sub: string; exp: number; scopes: string[] }

export type Sessions = ReturnType<typeof createSessions>

/**
 * Creates the sessions that a browser holds in place of a token. A session is signed, works in `ops` only, and lasts
 * an hour at most, but never longer than its token. Without `secret` the sessions end with the process.
 */
export function createSessions(secret: string | undefined) {
  // The key differs from the key of tokens, so a session is not a valid token and a token not a valid session.
  const key = new Uint8Array(hkdfSync('sha256', secret ?? randomBytes(32), '', 'goals-tasks ops session', 32))
  return {
    /** Returns the value of the cookie and its expiry as Unix time. */
    async seal(actor: AuthenticatedActor): Promise<{ value: string; expiresAtMs: number }> {
      const expiresAtMs = Math.min(actor.expiresAtMs, Date.now() + maxSessionMs)
      const value = await new SignJWT({ scopes: [...actor.scopes] })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(actor.id)
        .setExpirationTime(Math.floor(expiresAtMs / 1_000))
        .sign(key)
      return { value, expiresAtMs }
    },
    /** Returns undefined when the session is forged, damaged or expired. */
    async open(value: string): Promise<AuthenticatedActor | undefined> {
      try {
        const { payload } = await jwtVerify<SessionClaims>(value, key, verifyOptions)
        return toActor(payload)
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined
        throw error
      }
    },
  }
}

const toActor = ({ sub, exp, scopes }: SessionClaims): AuthenticatedActor => ({
  id: sub,
  admin: scopes.includes('admin'),
  scopes: new Set(scopes),
  expiresAtMs: exp * 1_000,
})
