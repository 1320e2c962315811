import { SignJWT } from 'jose'

const secret = 'a-secret-for-tests-of-32-characters'

/** The configuration of an API that accepts the tokens of `signToken`. */
export const auth = {
  secret,
  jwksUrl: undefined,
  issuer: undefined,
  audience: undefined,
  scopeClaim: 'scope',
  defaultScope: undefined,
  emailClaim: undefined,
}

export const signToken = (sub: string, scope: string, expires: string | number = '1h') =>
  new SignJWT({ scope })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(sub)
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret))
