import Type, { type TProperties } from 'typebox'

/**
 * One kind of problem. `detail` is what one response says about its request. `why` says when the problem happens and
 * `remedy` what the client does then. `example` is a request that shows it, below `$API` and with the token in
 * `$TOKEN`. `extra` are the members that its body has beside the ones of every problem.
 */
type Row = {
  status: number
  title: string
  detail: string
  why: string
  remedy: string
  example?: string
  extra?: TProperties
}

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
const text = (description: string, example: string) => Type.String({ description, examples: [example] })
const ids = (description: string) =>
  Type.Array(Type.String({ format: 'uuid' }), {
    description,
    examples: [['2c7d9e4f-3b65-4a18-8f7e-1a5c3d8b6e42', '3e8a1b5c-6d27-4f90-a4b3-9c7e2f1d8a53']],
  })
const names = (description: string, example: readonly string[]) =>
  Type.Array(Type.String(), { description, examples: [example] })
const namesOrNull = (description: string, example: readonly string[]) =>
  Type.Unsafe<string[] | null>({
    type: ['array', 'null'],
    items: { type: 'string' },
    description,
    examples: [example],
  })
const instant = (description: string, example: string) =>
  Type.String({ format: 'date-time', description, examples: [example] })

const authorized = (request: string) => `curl -i -H "Authorization: Bearer $TOKEN" ${request}`
const posting = (body: string) => authorized(`-H 'Content-Type: application/json' -d '${body}' "$API/v1/goals"`)
/** Creates a goal and keeps its id in `$GOAL`, for the requests that follow. */
const withGoal = (requests: string) =>
  [
    `GOAL=$(curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\`,
    `  -d '{"title":"Learn to sail"}' "$API/v1/goals" | sed -E 's/^.*"id":"([^"]+)".*$/\\1/')`,
    requests,
  ].join('\n')
const action = (name: string) => `-X POST "$API/v1/goals/$GOAL/${name}"`
const removal = authorized('-X DELETE "$API/v1/goals/$GOAL"')
const onGoal = (...names: string[]) => withGoal(names.map(action).map(authorized).join('\n'))

/** Every problem that a response can name. The code is stable, and its page is /problems/{code}. */
export const problems = {
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
  'cursor-mismatch': {
    status: 400,
    title: 'The cursor does not belong to this list',
    detail: 'The cursor does not belong to this list with these filters. Start again without it.',
    why: 'A cursor is bound to the list, the filters and the order of the page that it came from.',
    remedy: 'Start again without a cursor, or repeat the request with the filters of the first page.',
    example: authorized('"$API/v1/goals?cursor=W10"'),
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
  forbidden: {
    status: 403,
    title: 'You may read this but not change it',
    detail: 'Only its owner may change a goal.',
    why: 'The goal belongs to another user, or an assignee changes more than status and hours of a task.',
    remedy: 'Leave the members that `detail` names out, or let the owner of the goal make the change.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    detail: 'The goal was not found.',
    why: 'Nothing has this address, or you may not see what has it. The two cases have the same answer.',
    remedy: 'Check the id. A goal is visible to its owner and to assignees of its tasks.',
    example: authorized('"$API/v1/goals/00000000-0000-7000-8000-000000000000"'),
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
  'invalid-transition': {
    status: 409,
    title: 'The current status does not allow this change',
    detail: 'CANCELLED does not allow hold: ACTIVE may follow.',
    why: 'A goal or task moves along the states of its kind only. `from` is its status.',
    remedy: 'Move it to a state in `allowed`, by a verb in `verbs` or by a PATCH.',
    example: onGoal('cancel', 'hold'),
    extra: {
      from: text('The current status.', 'CANCELLED'),
      wanted: text('The verb, or the status of the PATCH.', 'hold'),
      allowed: names('The statuses that may follow.', ['ACTIVE']),
      verbs: names('The verbs that the current status allows.', ['reopen']),
    },
  },
  'goal-closed': {
    status: 409,
    title: 'The goal is closed',
    detail: 'The goal is closed. Reopen it first.',
    why: 'A completed or cancelled goal takes no new tasks.',
    remedy: 'Reopen the goal first.',
  },
  'goal-deleted': {
    status: 409,
    title: 'The goal is deleted',
    detail: 'The goal is deleted. Restore it first.',
    why: 'A deleted goal takes no tasks, and its tasks come back only with it.',
    remedy: 'Restore the goal first.',
  },
  'goal-full': {
    status: 409,
    title: 'The goal has reached its maximum number of tasks',
    detail: 'A goal holds at most about 10000 tasks.',
    why: 'A goal holds about ten thousand tasks that are not deleted.',
    remedy: 'Delete tasks, or create another goal.',
  },
  'task-blocked': {
    status: 409,
    title: 'The task depends on tasks that are still open',
    detail: 'The task has 2 open blockers.',
    why: 'A blocked task cannot be started or completed.',
    remedy: 'Complete the blockers or lift the manual block. The owner of the goal may complete a task with `force`.',
    extra: {
      blockers: Type.Optional(ids('The open blockers of the task.')),
      tasks: Type.Optional(ids('Up to a hundred blocked tasks of a goal that would be completed with it.')),
    },
  },
  'dependency-cycle': {
    status: 409,
    title: 'The dependency would close a cycle',
    detail: 'The tasks would depend on each other.',
    why: 'A task would depend on itself by way of other tasks.',
    remedy: 'Remove one of the dependencies in `cycle`.',
    extra: { cycle: ids('The tasks of the cycle, in order.') },
  },
  'too-many-dependencies': {
    status: 409,
    title: 'The task has reached its maximum number of dependencies',
    detail: 'A task depends on at most 100 others.',
    why: 'A task depends on at most a hundred others.',
    remedy: 'Remove dependencies, or depend on a task that collects others.',
  },
  'idempotency-key-in-use': {
    status: 409,
    title: 'A request with this Idempotency-Key is still running',
    detail: 'A request with this Idempotency-Key is still running.',
    why: 'An equal request came before and has not ended yet.',
    remedy: 'Repeat the request after `Retry-After`. It gets the response of the first one.',
  },
  deleted: {
    status: 409,
    title: 'A deleted goal or task cannot be changed',
    detail: 'Restore it first.',
    why: 'The goal or task was deleted. It can still be restored.',
    remedy: 'Restore it first.',
    example: withGoal([removal, authorized(action('hold'))].join('\n')),
  },
  gone: {
    status: 410,
    title: 'The goal or task was deleted',
    detail:
      'It was deleted at 2027-01-05T08:00:00.000Z. ' +
      'POST to /v1/goals/1f0b6c2e-8a34-4d57-b1c9-6e2f0d9a5b31/restore restores it; ' +
      'includeDeleted=true shows it.',
    why: 'It existed, you could see it, and it was deleted.',
    remedy: 'POST to the address in `restore` before `purgeAt`, or read it with `includeDeleted=true`.',
    example: withGoal([removal, authorized('"$API/v1/goals/$GOAL"')].join('\n')),
    extra: {
      deletedAt: instant('The instant of the deletion.', '2027-01-05T08:00:00.000Z'),
      purgeAt: instant('The instant from which on it cannot be restored.', '2027-02-04T08:00:00.000Z'),
      restore: text('The address that restores it.', '/v1/goals/1f0b6c2e-8a34-4d57-b1c9-6e2f0d9a5b31/restore'),
    },
  },
  'version-conflict': {
    status: 412,
    title: 'The goal or task has changed since you read it',
    detail: 'The current version is 7.',
    why: 'The version that the request names is not the current one, so another change would be overwritten.',
    remedy:
      'Read it again, or merge with `current`, and send the new version. ' +
      '`Prefer: handling=lenient` carries a change over when others have changed other fields only.',
    example: withGoal(authorized(`-H 'If-Match: "7"' ${action('hold')}`)),
    extra: {
      currentVersion: Type.Optional(Type.Integer({ description: 'The current version.', examples: [7] })),
      changedFields: Type.Optional(
        namesOrNull('The fields that have changed since your version. Null when it is unknown.', ['title', 'tags']),
      ),
      conflictingFields: Type.Optional(namesOrNull('The fields among them that your request changes.', ['title'])),
      current: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), {
          description: 'The goal or task as it is now.',
          examples: [{ title: 'Learn to sail', version: 7 }],
        }),
      ),
    },
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
    why: 'A member has a value that is not allowed, is missing, or is unknown.',
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
  'precondition-required': {
    status: 428,
    title: 'The request must name the version that it changes',
    detail: 'Send If-Match with the version that you read, or If-Match: * to overwrite any version.',
    why: 'A PATCH without a version would overwrite changes that its sender has not seen.',
    remedy: 'Send `If-Match` with the ETag that you read, or `version` in the body, or `If-Match: *` to overwrite.',
    example: withGoal(
      authorized(`-X PATCH -H 'Content-Type: application/json' -d '{"title":"New"}' "$API/v1/goals/$GOAL"`),
    ),
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
} as const satisfies Record<string, Row>

export type ProblemCode = keyof typeof problems
/** Every code, in the order of the statuses. */
export const problemCodes = Object.keys(problems) as ProblemCode[]
/** Returns the row of a code, with its optional parts. */
export const problemRow = (code: ProblemCode): Row => problems[code]
