import { ProblemBody, type ProblemCode, problemBody, problemRow } from '@goals-tasks/http'
import Type, { type TSchema } from 'typebox'

/** The schema of a header stands in place of the header. A body of type null means no body. */
const header = (description: string) => ({ type: 'string', description })
const requestId = { 'X-Request-Id': header('finds the request in the log; the `traceId` of a problem') }
const tagged = {
  ...requestId,
  ETag: header(
    'the version in quotes; a weak tag of the body for a view (include=, a summary), which If-Match does not take',
  ),
}
const bodyless = (description: string, headers: object) => ({ type: 'null', description, headers })

const json = (description: string, schema: TSchema, headers: object) => ({
  description,
  headers,
  content: { 'application/json': { schema } },
})

const replayed = { 'Idempotency-Replayed': header('`true` when the response of an earlier request is repeated') }

/** The responses that are no problem: of a write, a read, a create, a delete and a list. */
export const ok = (schema: TSchema) => ({ 200: json('As it is now', schema, { ...tagged, ...replayed }) })
export const okOrUnchanged = (schema: TSchema) => ({
  200: json('As it is now', schema, tagged),
  304: bodyless('The client has it already', tagged),
})
export const created = (schema: TSchema) => ({
  201: json('Created', schema, { ...tagged, ...replayed, Location: header('the address of the new goal or task') }),
})
export const noContent = { 204: bodyless('Done', { ...requestId, ...replayed }) }
export const listed = (schema: TSchema) => ({
  200: json('One page', page(schema), {
    ...tagged,
    Link: header('the next page, with `rel="next"`; none on the last'),
  }),
  304: bodyless('The client has it already', tagged),
})

const PageInfo = Type.Object(
  {
    nextCursor: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'the `cursor` of the next page; null on the last page',
    }),
    hasMore: Type.Boolean({ description: 'whether a next page exists' }),
  },
  { title: 'PageInfo' },
)

/** Returns the schema of a page: `TaskPage` for `Task`. */
const page = (schema: TSchema) =>
  Type.Object(
    { data: Type.Array(schema), page: PageInfo },
    { title: `${(schema as TSchema & { title: string }).title}Page` },
  )

/**
 * Returns the responses of the problems that an operation can give, by status. Each is the schema of its code, or the
 * union of several codes. `default` is a request that breaks HTTP itself, or an internal error.
 */
export function problemResponses(codes: readonly ProblemCode[]): Record<string, object> {
  const byStatus = Map.groupBy([...new Set(codes)], (code) => problemRow(code).status)
  const responses = [...byStatus].map(([status, group]) => [status, problemResponse(status, group)])
  return { ...Object.fromEntries(responses), default: { ...problemContent(ProblemBody), description: anyProblem } }
}

const anyProblem = 'A problem that any request can have: 400, 408, 414, 417, 431, 500, 501 or 505'

function problemResponse(status: number, codes: readonly ProblemCode[]) {
  const description = codes.map((code) => `\`${code}\`: ${problemRow(code).title}.`).join(' ')
  const [only, ...others] = codes.map(problemBody)
  const schema = only && others.length === 0 ? only : { oneOf: codes.map(problemBody), discriminator }
  return { description, ...problemContent(schema), headers: { ...requestId, ...headersOf[status] } }
}

const discriminator = { propertyName: 'code' }
const problemContent = (schema: object) => ({ content: { 'application/problem+json': { schema } }, headers: requestId })

const retryAfter = { 'Retry-After': header('seconds to wait before the request is repeated') }
const challenge = { 'WWW-Authenticate': header('the challenge `Bearer`, with an error code when a token was sent') }
const headersOf: Record<number, object> = {
  401: challenge,
  403: challenge,
  409: retryAfter,
  412: tagged,
  503: retryAfter,
}
