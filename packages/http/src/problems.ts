import type { ProblemCode } from './problem-table.ts'

/** One error in a request. `pointer` is a JSON pointer to the member, empty for the whole body. */
export type FieldError = { pointer: string; detail: string }

/**
 * An error that the client gets as application/problem+json. `extra` members are added to the body, `headers` to the
 * response. `cause` goes to the log only.
 */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly extra: Record<string, unknown>
  readonly headers: Record<string, string>

  constructor(
    code: ProblemCode,
    detail: string,
    options: { extra?: Record<string, unknown>; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.extra = options.extra ?? {}
    this.headers = options.headers ?? {}
  }
}

/** The detail is the same for what does not exist and for what the actor may not read. */
export const notFound = (noun: string) => new Problem('not-found', `The ${noun} was not found.`)
export const forbidden = (detail: string) => new Problem('forbidden', detail)
export const invalidBody = (errors: FieldError[]) =>
  new Problem('invalid-body', inOneSentence(errors), { extra: { errors } })
export const invalidRequest = (errors: FieldError[]) =>
  new Problem('invalid-request', inOneSentence(errors), { extra: { errors } })
/** Joins errors. A sentence names a member without the slash and the escapes of its pointer. */
const inOneSentence = (errors: FieldError[]) =>
  errors.map(({ pointer, detail }) => `${unescapePointer(pointer.slice(1)) || 'The body'} ${detail}`).join('; ')
const unescapePointer = (path: string) => path.replaceAll('~1', '/').replaceAll('~0', '~')
export const unsupportedMediaType = (cause?: unknown) =>
  new Problem(
    'unsupported-media-type',
    'Send the body as application/json; a PATCH also as application/merge-patch+json.',
    { cause },
  )
export const unavailable = (detail: string, cause?: unknown) =>
  new Problem('unavailable', detail, { headers: { 'retry-after': '2' }, cause })
/** Nothing of the request was executed. */
export const overloaded = (cause?: unknown) =>
  new Problem('overloaded', 'Too much work waits for the database. Send the request again after Retry-After.', {
    ...{ headers: { 'retry-after': '2' }, cause },
  })
export const unauthenticated = (detail: string, cause?: unknown) =>
  new Problem('unauthenticated', detail, { headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, cause })
export const insufficientScope = (scope: string) =>
  new Problem('insufficient-scope', `The request needs a token with the scope ${scope}.`, {
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  })
/** A header that holds no single token gets 400 (RFC 6750): it says nothing about a token. */
export const tokenMalformed = () =>
  new Problem(
    'invalid-request',
    'The Authorization header is malformed. Send one token: Authorization: Bearer <token>.',
    {
      headers: { 'www-authenticate': 'Bearer error="invalid_request"' },
    },
  )
/** A request without a token gets a challenge without an error code (RFC 6750). */
export const tokenMissing = (detail: string) =>
  new Problem('unauthenticated', detail, { headers: { 'www-authenticate': 'Bearer' } })
