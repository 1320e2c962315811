/** Every problem that a response can name. The code is stable, and its page is /problems/{code}. */
export const problems = {
  'invalid-json': { status: 400, title: 'The body is not valid JSON' },
  'invalid-request': { status: 400, title: 'The path, the query or a header is not valid' },
  'cursor-mismatch': { status: 400, title: 'The cursor does not belong to this list' },
  unauthenticated: { status: 401, title: 'A valid token is required' },
  'insufficient-scope': { status: 403, title: 'The token lacks a scope' },
  forbidden: { status: 403, title: 'You may read this but not change it' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed at this address' },
  'not-acceptable': { status: 406, title: 'The service responds with JSON only' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'invalid-transition': { status: 409, title: 'The current status does not allow this change' },
  'goal-closed': { status: 409, title: 'The goal is closed' },
  'goal-deleted': { status: 409, title: 'The goal is deleted' },
  'goal-full': { status: 409, title: 'The goal has reached its maximum number of tasks' },
  'task-blocked': { status: 409, title: 'The task depends on tasks that are still open' },
  'dependency-cycle': { status: 409, title: 'The dependency would close a cycle' },
  'too-many-dependencies': { status: 409, title: 'The task has reached its maximum number of dependencies' },
  'idempotency-key-in-use': { status: 409, title: 'A request with this Idempotency-Key is still running' },
  deleted: { status: 409, title: 'A deleted goal or task cannot be changed' },
  gone: { status: 410, title: 'The goal or task was deleted' },
  'version-conflict': { status: 412, title: 'The goal or task has changed since you read it' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'uri-too-long': { status: 414, title: 'A part of the path is too long' },
  'unsupported-media-type': { status: 415, title: 'The content type is not supported' },
  'expectation-failed': { status: 417, title: 'The expectation cannot be met' },
  'invalid-body': { status: 422, title: 'The body is not valid' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key belongs to another request' },
  'precondition-required': { status: 428, title: 'The request must name the version that it changes' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'Internal error' },
  'not-implemented': { status: 501, title: 'The method or the transfer coding is not supported' },
  unavailable: { status: 503, title: 'A dependency of the service is unavailable' },
  'http-version-not-supported': { status: 505, title: 'The version of HTTP is not supported' },
} as const

export type ProblemCode = keyof typeof problems
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
/** Joins errors. A sentence names a member without the slash of its pointer. */
const inOneSentence = (errors: FieldError[]) =>
  errors.map(({ pointer, detail }) => `${pointer.slice(1) || 'The body'} ${detail}`).join('; ')
export const unsupportedMediaType = (cause?: unknown) =>
  new Problem(
    'unsupported-media-type',
    'Send the body as application/json; a PATCH also as application/merge-patch+json.',
    { cause },
  )
export const unavailable = (detail: string, cause?: unknown) =>
  new Problem('unavailable', detail, { headers: { 'retry-after': '2' }, cause })
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
