import Type from 'typebox'
import { authorized, type ProblemRow } from './problem-row.ts'

const FieldErrors = Type.Array(
  Type.Object(
    {
      pointer: Type.String({
        description: 'The JSON pointer to the member or parameter, empty for the whole body.',
        examples: ['/title'],
      }),
      detail: Type.String({ description: 'The rule that the value breaks.', examples: ['is required'] }),
    },
    { title: 'FieldError', description: 'An error of one member or parameter.' },
  ),
  {
    description: 'One entry per invalid member or parameter.',
    examples: [[{ pointer: '/title', detail: 'is required' }]],
  },
)

const posting = (body: string) => authorized(`-H 'Content-Type: application/json' -d '${body}' "$API/v1/goals"`)

/** The problems of requests, whatever they are about: HTTP, tokens, validation, Idempotency-Keys and outages. */
export const requestProblems = {
  'invalid-json': {
    status: 400,
    title: 'The body is not valid JSON',
    detail: 'The body is not valid JSON at line 1, column 10.',
    why: 'The body is missing although the operation needs one, is not UTF-8, or breaks the grammar of JSON.',
    remedy: 'Correct the body at the line and column that `detail` names.',
    example: posting('{"title":'),
  },
  'invalid-request': {
    status: 400,
    title: 'The path, the query or a header is not valid',
    detail: 'limit must be a whole number, not "many"',
    why: 'A parameter or a header has a value that the operation does not take, or a name that it does not know.',
    remedy: 'Correct the parameter or the header that `detail` names. `errors` lists each invalid parameter.',
    example: authorized('"$API/v1/goals?limit=many"'),
    extra: { errors: Type.Optional(FieldErrors) },
  },
  unauthenticated: {
    status: 401,
    title: 'A valid token is required',
    detail: 'Send a token: Authorization: Bearer <token>.',
    why: 'The request has no token, or its token is expired, malformed, or signed by an unknown key.',
    remedy:
      'Send a valid token as `Authorization: Bearer <token>`. The detail says what is wrong with the one you sent.',
    example: 'curl -i "$API/v1/goals"',
  },
  'insufficient-scope': {
    status: 403,
    title: 'The token lacks a scope',
    detail: 'The request needs a token with the scope goals:write.',
    why: 'Each operation needs one scope. `WWW-Authenticate` names it.',
    remedy: 'Request a token with that scope.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The method is not allowed at this address',
    detail: 'Use POST, GET, HEAD, OPTIONS.',
    why: 'The address exists under other methods only.',
    remedy: 'Use a method that the header `Allow` names.',
    example: authorized('-X DELETE "$API/v1/goals"'),
  },
  'not-acceptable': {
    status: 406,
    title: 'The service responds with JSON only',
    detail: 'Accept application/json.',
    why: 'The header `Accept` excludes `application/json`.',
    remedy: 'Accept `application/json`, or send no `Accept`.',
    example: authorized('-H "Accept: text/csv" "$API/v1/goals"'),
  },
  'request-timeout': {
    status: 408,
    title: 'The request did not arrive in time',
    detail: 'The request did not arrive in time.',
    why: 'The headers or the body arrived too slowly.',
    remedy: 'Send the request again. A write takes an `Idempotency-Key`, so that it happens once.',
  },
  'idempotency-key-in-use': {
    status: 409,
    title: 'A request with this Idempotency-Key is still running',
    detail: 'A request with this Idempotency-Key is still running.',
    why: 'An equal request came before and has not ended yet.',
    remedy: 'Repeat the request after `Retry-After`. It gets the response of the first one.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    detail: 'The body is too large',
    why: 'A body has at most 256 KiB.',
    remedy: 'Send less at once.',
  },
  'uri-too-long': {
    status: 414,
    title: 'A part of the path is too long',
    detail: 'A part of the path is too long',
    why: 'A part of a path has at most 100 characters.',
    remedy: 'Check the id.',
    example: authorized(`"$API/v1/goals/${'0'.repeat(101)}"`),
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The content type is not supported',
    detail: 'Send the body as application/json; a PATCH also as application/merge-patch+json.',
    why: 'A body is JSON in UTF-8 without a content coding. Only a PATCH may be a merge patch.',
    remedy: 'Send `Content-Type: application/json`; for a PATCH also `application/merge-patch+json`.',
    example: authorized(`-H 'Content-Type: text/plain' -d 'title=x' "$API/v1/goals"`),
  },
  'expectation-failed': {
    status: 417,
    title: 'The expectation cannot be met',
    detail: 'The service cannot meet the expectation coffee.',
    why: 'The header `Expect` has a value other than `100-continue`.',
    remedy: 'Send no `Expect`.',
    example: authorized('-H "Expect: coffee" "$API/v1/goals"'),
  },
  'invalid-body': {
    status: 422,
    title: 'The body is not valid',
    detail: 'title must have at least 1 character, not 0; priority must be LOW, MEDIUM, HIGH or CRITICAL, not "high"',
    why:
      'A member has a value that is not allowed, is missing, or is unknown, or the body has more than 10,000 values. ' +
      'A list or an object is one value, and so is each of its items.',
    remedy: 'Correct the members that `errors` lists.',
    example: posting('{"title":"","priority":"high"}'),
    extra: { errors: Type.Optional(FieldErrors) },
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key belongs to another request',
    detail: 'This Idempotency-Key belongs to another request. Send a new one.',
    why: 'A key stands for one request: its method, address, body and precondition.',
    remedy: 'Choose a new key for each new request, such as a random UUID.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    detail: 'The policy user allows 600 in 60 s. Try again in 2 s.',
    why:
      'An API key, a user or an address has a quota. A read takes one of it, a list two, and a write five. ' +
      'The policy `connections` bounds the streams of a user, `concurrent` the requests that run at a time, and ' +
      '`large-bodies` the time that bodies above 16 KiB wait for each other.',
    remedy: 'Repeat the request after `Retry-After`. `RateLimit` shows the rest of the quota with each response.',
    extra: {
      policy: Type.String({ description: 'The policy that refused the request.', examples: ['user'] }),
    },
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    detail: 'The headers are too large.',
    why: 'The headers have at most 16 KiB.',
    remedy: 'Send fewer or shorter headers.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    detail: 'The request failed. The log has the cause under the traceId.',
    why: 'The service met an error that it did not expect.',
    remedy: 'Report the `traceId` to the operators of the service. The log has the cause under it.',
  },
  'not-implemented': {
    status: 501,
    title: 'The method or the transfer coding is not supported',
    detail: 'The method is not supported.',
    why: 'The service does not know the method of the request or its transfer coding.',
    remedy: 'Use the methods of the OpenAPI document, and no transfer coding but `chunked`.',
    example: authorized('-X BREW "$API/v1/goals"'),
  },
  overloaded: {
    status: 503,
    title: 'The service has too much to do',
    detail: 'Too much work waits for the database. Send the request again after Retry-After.',
    why:
      'More requests come than the service can handle. It refuses new writes first, and then reads. ' +
      'Or a user has sent so many changes at a time that this one waited for 5 s while those of others went on.',
    remedy: 'Repeat the request after `Retry-After`. Nothing of it was executed.',
  },
  unavailable: {
    status: 503,
    title: 'A dependency of the service is unavailable',
    detail: 'The database is unavailable or busy.',
    why: 'Postgres or the key server does not respond or is busy, or the process is stopping.',
    remedy: 'Repeat the request after `Retry-After`. A write takes an `Idempotency-Key`, so that it happens once.',
  },
  'http-version-not-supported': {
    status: 505,
    title: 'The version of HTTP is not supported',
    detail: 'Use HTTP/1.1.',
    why: 'The service speaks HTTP/1.1.',
    remedy: 'Use HTTP/1.1, or a proxy that translates.',
  },
} as const satisfies Record<string, ProblemRow>
