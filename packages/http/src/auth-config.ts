import { developmentSecretPrefix, httpUrl } from '@goals-tasks/config'
import Type, { type Static } from 'typebox'

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

/** Environment variables of token verification. Every process that accepts tokens reads the same ones. */
export const authVariables = Type.Object({
  AUTH_JWT_SECRET: Type.Optional(
    Type.String({ minLength: 32, description: 'secret of HS256 tokens, 32 characters or more' }),
  ),
  AUTH_JWKS_URL: Type.Optional(
    httpUrl('address of the public keys of RS256, ES256 or EdDSA tokens; instead of a secret'),
  ),
  AUTH_ISSUER: text('required `iss` of a token, when set'),
  AUTH_AUDIENCE: text('required `aud` of a token, when set'),
  AUTH_SCOPE_CLAIM: Type.String({ minLength: 1, default: 'scope', description: 'claim that lists the scopes' }),
  AUTH_EMAIL_CLAIM: text(
    'claim with the e-mail address of the user, which becomes their contact unless they have one; ' +
      'it counts when the claim `email_verified` is true; unset means none',
  ),
  AUTH_DEFAULT_SCOPE: text('scopes of a token that names none; unset means none'),
})

const generatedSecretProblem =
  `AUTH_JWT_SECRET begins with ${developmentSecretPrefix}: ` +
  'it was generated for development and is refused in production'

type AuthVariables = Static<typeof authVariables>
export type AuthConfig = ReturnType<typeof readAuth>

/** Returns one message per problem: no key, two keys, or a generated development secret in production. */
export function authProblems(v: AuthVariables & { NODE_ENV: string }): string[] {
  if (!v.AUTH_JWT_SECRET && !v.AUTH_JWKS_URL) return ['AUTH_JWT_SECRET or AUTH_JWKS_URL is required']
  if (v.AUTH_JWT_SECRET && v.AUTH_JWKS_URL) return ['AUTH_JWT_SECRET and AUTH_JWKS_URL are both set: keep one']
  const isGenerated = v.AUTH_JWT_SECRET?.startsWith(developmentSecretPrefix)
  return v.NODE_ENV === 'production' && isGenerated ? [generatedSecretProblem] : []
}

/** Groups the variables of token verification. Exactly one of `secret` and `jwksUrl` is set after `authProblems`. */
export const readAuth = (v: AuthVariables) =>
  Object.freeze({
    secret: v.AUTH_JWT_SECRET,
    jwksUrl: v.AUTH_JWKS_URL,
    issuer: v.AUTH_ISSUER,
    audience: v.AUTH_AUDIENCE,
    scopeClaim: v.AUTH_SCOPE_CLAIM,
    defaultScope: v.AUTH_DEFAULT_SCOPE,
    emailClaim: v.AUTH_EMAIL_CLAIM,
  })
