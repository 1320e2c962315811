/** Every problem that an answer can name: the code is stable, its page lives at /problems/{code}. */
export const problems = {
  'invalid-json': { status: 400, title: 'The body is not valid JSON' },
  'invalid-request': { status: 400, title: 'The path or the query is not valid' },
  'cursor-mismatch': { status: 400, title: 'The cursor does not belong to this list' },
  unauthenticated: { status: 401, title: 'A valid token is required' },
  'insufficient-scope': { status: 403, title: 'The token lacks a scope' },
  forbidden: { status: 403, title: 'You may see this but not change it' },
  'not-found': { status: 404, title: 'There is no such thing, or it is not yours to see' },
  'method-not-allowed': { status: 405, title: 'This address does not know the method' },
  'not-acceptable': { status: 406, title: 'Only JSON can be had here' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'invalid-transition': { status: 409, title: 'The state cannot change like this' },
  'goal-closed': { status: 409, title: 'The goal is closed' },
  'goal-deleted': { status: 409, title: 'The goal is deleted' },
  'goal-full': { status: 409, title: 'The goal holds as many tasks as a goal can' },
  'task-blocked': { status: 409, title: 'It waits for what is not done yet' },
  'dependency-cycle': { status: 409, title: 'The tasks would wait for each other' },
  'too-many-dependencies': { status: 409, title: 'The task waits for as many others as a task can' },
  'idempotency-key-in-use': { status: 409, title: 'The same request is still running' },
  deleted: { status: 409, title: 'It is deleted and cannot be changed' },
  gone: { status: 410, title: 'It was deleted' },
  'version-conflict': { status: 412, title: 'It has changed since you read it' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'uri-too-long': { status: 414, title: 'A part of the path is too long' },
  'unsupported-media-type': { status: 415, title: 'The content type is not supported' },
  'invalid-body': { status: 422, title: 'The body is not valid' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key belongs to another request' },
  'precondition-required': { status: 428, title: 'Say which version you are changing' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  'not-implemented': { status: 501, title: 'No address here knows the method' },
  unavailable: { status: 503, title: 'A dependency is away; try again' },
} as const

export type ProblemCode = keyof typeof problems
/** Where in the request, as a JSON pointer, and what about it. */
export type FieldError = { pointer: string; detail: string }

/** An outcome that the client is told as application/problem+json. `extra` members go along; `cause` stays in the log. */
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

export const notFound = (what: string) =>
  new Problem('not-found', `There is no such ${what}, or it is not yours to see.`)
export const forbidden = (detail: string) => new Problem('forbidden', detail)
export const invalidBody = (errors: FieldError[]) =>
  new Problem('invalid-body', errors.map((e) => `${e.pointer || 'The body'} ${e.detail}`).join('; '), {
    extra: { errors },
  })
export const unavailable = (detail: string, cause?: unknown) =>
  new Problem('unavailable', detail, { headers: { 'retry-after': '2' }, cause })
export const unauthenticated = (detail: string, cause?: unknown) =>
  new Problem('unauthenticated', detail, { headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, cause })
export const insufficientScope = (scope: string) =>
  new Problem('insufficient-scope', `This needs the scope ${scope}.`, {
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  })
/** Nobody tried to say who they are, so there is nothing wrong to be named. */
export const tokenMissing = (detail: string) =>
  new Problem('unauthenticated', detail, { headers: { 'www-authenticate': 'Bearer' } })
