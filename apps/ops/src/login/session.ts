import { hkdfSync, randomBytes } from 'node:crypto'
import type { AuthenticatedActor } from '@goals-tasks/http'
import { errors, jwtVerify, SignJWT } from 'jose'

export const sessionCookie = 'ops_session'
const longestMs = 3_600_000
const verifyOptions = { algorithms: ['HS256'], requiredClaims: ['exp', 'sub', 'scopes'] }

type SessionClaims = { sub: string; exp: number; scopes: string[] }

export type Sessions = ReturnType<typeof createSessions>

/**
 * What a browser holds in place of the token: signed, good for this process alone and for an hour at the most, never
 * longer than the token. Without `secret` the sessions end with the process.
 */
export function createSessions(secret: string | undefined) {
  // A key of its own: no session passes as a token, and no token as a session.
  const key = new Uint8Array(hkdfSync('sha256', secret ?? randomBytes(32), '', 'goals-tasks ops session', 32))
  return {
    async seal(actor: AuthenticatedActor): Promise<{ value: string; expiresAtMs: number }> {
      const expiresAtMs = Math.min(actor.expiresAtMs, Date.now() + longestMs)
      const value = await new SignJWT({ scopes: [...actor.scopes] })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(actor.id)
        .setExpirationTime(Math.floor(expiresAtMs / 1_000))
        .sign(key)
      return { value, expiresAtMs }
    },
    /** @returns undefined for a session that is forged, damaged or over */
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
