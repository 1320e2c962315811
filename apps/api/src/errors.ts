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
  'invalid-transition': { status: 409, title: 'The state cannot change like this' },
  'goal-closed': { status: 409, title: 'The goal is closed' },
  'goal-deleted': { status: 409, title: 'The goal is deleted' },
  deleted: { status: 409, title: 'It is deleted and cannot be changed' },
  gone: { status: 410, title: 'It was deleted' },
  'version-conflict': { status: 412, title: 'It has changed since you read it' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The content type is not supported' },
  'invalid-body': { status: 422, title: 'The body is not valid' },
  'precondition-required': { status: 428, title: 'Say which version you are changing' },
  internal: { status: 500, title: 'Something went wrong on our side' },
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
  new Problem('invalid-body', errors.map((e) => `${e.pointer} ${e.detail}`).join('; '), { extra: { errors } })
export const invalidTransition = (from: string, to: string, allowed: readonly string[]) =>
  new Problem('invalid-transition', `${from} cannot become ${to}.`, { extra: { from, to, allowed } })
export const unavailable = (detail: string, cause?: unknown) =>
  new Problem('unavailable', detail, { headers: { 'retry-after': '2' }, cause })
export const unauthenticated = (detail: string, cause?: unknown) =>
  new Problem('unauthenticated', detail, { headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, cause })
export const insufficientScope = (scope: string) =>
  new Problem('insufficient-scope', `This needs the scope ${scope}.`, {
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  })
