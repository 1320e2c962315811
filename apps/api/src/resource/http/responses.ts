import { ProblemBody, type ProblemCode, problemBody, problemRow } from '@goals-tasks/http'
import Type, { type TSchema } from 'typebox'

/** The schema of a header stands in place of the header. A body of type null means no body. */
const header = (description: string, example: string | number) => ({
  type: typeof example === 'string' ? 'string' : 'integer',
  description,
  examples: [example],
})
const requestId = {
  'X-Request-Id': header(
    'Finds the request in the log. A problem has it as `traceId`.',
    '7f3c1d9e-52b8-4a6f-9d0c-8e1b4a7f2c63',
  ),
}
const quota = {
  'RateLimit-Policy': header(
    'The policy that limits your requests: its name, its quota and its window in seconds.',
    '"user";q=600;w=60',
  ),
  RateLimit: header(
    'The rest of the quota, and the seconds until it is whole again. Absent when nothing limits your requests.',
    '"user";r=599;t=1',
  ),
}
const tagged = {
  ...requestId,
  ETag: header(
    'The version in quotes. A body with more than the fields of the goal or task, or with less, has a weak tag, ' +
      'which If-Match does not take.',
    '"1"',
  ),
}
const bodyless = (description: string, headers: object) => ({ type: 'null', description, headers })

const json = (description: string, schema: TSchema, headers: object) => ({
  description,
  headers,
  content: { 'application/json': { schema } },
})

const replayed = {
  'Idempotency-Replayed': header(
    'The value `true` when the response of an earlier request with the same key is repeated.',
    'true',
  ),
}
const eventId = {
  'Event-Id': header(
    'The id of the event of this change, by which a client recognises its own change in the feed. ' +
      'A request that changed no goal or task has no such header.',
    '0190c1a2-7d3f-7a10-8b25-4c6e9f1a3d75',
  ),
}
const applied = {
  'Preference-Applied': header(
    'The preference `handling=lenient` when the change was carried over to a later version.',
    'handling=lenient',
  ),
}
const unchanged = bodyless('The client has the current representation.', tagged)

/** The responses that are no problem: of a write, a read, a create, a delete and a list. */
export const ok = (schema: TSchema, noun = 'goal or task') => ({
  200: json(`The ${noun} as it is now.`, schema, { ...tagged, ...eventId, ...replayed, ...applied }),
})
/** The response of a change of the whole entity, which is never carried over to a later version. */
export const changedWhole = (description: string, schema: TSchema) => ({
  200: json(description, schema, { ...tagged, ...eventId, ...replayed }),
})
export const restored = (schema: TSchema) => changedWhole('The restored goal or task.', schema)
/** The header of a page that another one follows. */
export const nextPage = {
  Link: header(
    'The address of the next page, with `rel="next"`. The last page has no such header.',
    '</v1/goals?limit=50&cursor=WzEsIl8iXQ>; rel="next"',
  ),
}
/** Adds `text/event-stream` to the content of a 200. */
export const streamed = <R extends ReturnType<typeof viewed>>({ 200: ok, ...others }: R, schema: TSchema) => ({
  200: { ...ok, content: { ...ok.content, 'text/event-stream': { schema } } },
  ...others,
})
/** The responses of a read. A client that has the current representation gets a 304. */
export const viewed = (description: string, schema: TSchema, extra: object = {}) => ({
  200: json(description, schema, { ...tagged, ...extra }),
  304: unchanged,
})
export const okOrUnchanged = (schema: TSchema, noun = 'goal or task') => viewed(`The ${noun} as it is now.`, schema)
/** The response of a write whose result has no version. */
export const done = (description: string, schema: TSchema) => ({
  200: json(description, schema, { ...requestId, ...replayed }),
})
/** The response of a write whose effect follows later. */
export const accepted = (description: string, schema: TSchema) => ({
  202: json(description, schema, { ...requestId, ...replayed }),
})
/** The same for an effect that has an address of its own. */
export const acceptedWithLocation = (description: string, schema: TSchema) => ({
  202: json(description, schema, { ...requestId, ...replayed, ...location }),
})
const location = {
  Location: header('The address of what was created.', '/v1/goals/1f0b6c2e-8a34-4d57-b1c9-6e2f0d9a5b31'),
}
export const created = (schema: TSchema, noun = 'goal or task') => ({
  201: json(`The new ${noun}.`, schema, {
    ...{ ...tagged, ...eventId, ...replayed },
    ...location,
  }),
})
export const noContent = { 204: bodyless('It is deleted.', { ...requestId, ...eventId, ...replayed }) }
/** The page of a list, with the name of its schema. */
export const listed = (name: string, schema: TSchema) => viewed('One page of the list.', page(name, schema), nextPage)

const PageInfo = Type.Object(
  {
    nextCursor: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'The `cursor` of the next page. Null on the last page.',
      examples: [null],
    }),
    hasMore: Type.Boolean({ description: 'Whether a next page exists.', examples: [false] }),
  },
  { title: 'PageInfo', description: 'The place of a page in its list.' },
)

const page = (title: string, schema: TSchema) =>
  Type.Object(
    {
      data: Type.Array(schema, { description: 'The entries of the page, newest first.' }),
      page: PageInfo,
    },
    { title, description: 'One page of a list.' },
  )

/**
 * Returns the responses of the problems that an operation can give, by status. Each is the schema of its code, or the
 * union of several codes. `default` is a request that breaks HTTP itself, or an internal error.
 */
export function problemResponses(codes: readonly ProblemCode[]): Record<string, object> {
  const byStatus = Map.groupBy([...new Set(codes)], (code) => problemRow(code).status)
  const responses = [...byStatus].map(([status, group]) => [status, problemResponse(group)])
  return { ...Object.fromEntries(responses), default: { ...problemContent(ProblemBody), description: anyProblem } }
}

const anyProblem = 'A problem that any request can have: 408, 414, 417, 431, 500, 501 or 505.'

function problemResponse(codes: readonly ProblemCode[]) {
  const description = codes.map((code) => `\`${code}\`: ${problemRow(code).title}.`).join(' ')
  const bodies = codes.map(problemBody)
  const schema = bodies.length === 1 ? bodies[0] : { oneOf: bodies, discriminator }
  const special = Object.fromEntries(codes.flatMap((code) => Object.entries(headersOf[code] ?? {})))
  return { description, ...problemContent(schema), headers: { ...requestId, ...special } }
}

const discriminator = { propertyName: 'code' }
const problemContent = (schema: object | undefined) => ({
  content: { 'application/problem+json': { schema } },
  headers: requestId,
})

const retryAfter = { 'Retry-After': header('The seconds to wait before the request is repeated.', 2) }
const challenge = {
  'WWW-Authenticate': header('The challenge `Bearer`. It has an error code when a token was sent.', 'Bearer'),
}
const headersOf: Partial<Record<ProblemCode, object>> = {
  'invalid-request': challenge,
  unauthenticated: challenge,
  'insufficient-scope': challenge,
  'idempotency-key-in-use': retryAfter,
  'version-conflict': tagged,
  'rate-limited': { ...retryAfter, ...quota },
  overloaded: retryAfter,
  unavailable: retryAfter,
}
