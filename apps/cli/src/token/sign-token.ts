import { SignJWT } from 'jose'
import type { loadTokenSecret } from './config.ts'

export type TokenSecret = ReturnType<typeof loadTokenSecret>

/** Signs a token for local use. `expiresIn` is a duration such as `30 days`. */
export function signToken(
  { key, issuer, audience, scopeClaim }: TokenSecret,
  { sub, scope, expiresIn }: { sub: string; scope: string; expiresIn: string },
): Promise<string> {
  const token = new SignJWT({ [scopeClaim]: scope }).setProtectedHeader({ alg: 'HS256' }).setSubject(sub)
  if (issuer) token.setIssuer(issuer)
  if (audience) token.setAudience(audience)
  return token.setIssuedAt().setExpirationTime(expiresIn).sign(key)
}
