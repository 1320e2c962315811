import Type, { type TObject } from 'typebox'
import { type ProblemCode, problemRow } from './problem-table.ts'

/**
 * The problems that any request can have: it breaks HTTP itself, or the service fails. They have no code in common with
 * those of an operation, so that a client can distinguish all of them by `code`.
 */
const generalCodes: readonly ProblemCode[] = [
  'request-timeout',
  'uri-too-long',
  'expectation-failed',
  'headers-too-large',
  'internal',
  'not-implemented',
  'http-version-not-supported',
]

const text = (description: string, example: string) => Type.String({ description, examples: [example] })

const common = {
  type: Type.String({
    format: 'uri-reference',
    title: 'ProblemType',
    description: 'The address of a page about this kind of problem.',
    examples: ['/problems/internal'],
  }),
  title: text(
    'The kind of problem in one sentence, the same for every response of a code.',
    problemRow('internal').title,
  ),
  status: Type.Integer({ description: 'The HTTP status.', examples: [500] }),
  detail: text('The error of this request.', problemRow('internal').detail),
  instance: Type.Optional(
    Type.String({
      title: 'ProblemInstance',
      description: 'The path of the request, as it was sent.',
      examples: ['/v1/goals/1f0b6c2e-8a34-4d57-b1c9-6e2f0d9a5b31'],
    }),
  ),
  code: Type.Unsafe<ProblemCode>({
    type: 'string',
    enum: generalCodes,
    title: 'GeneralProblemCode',
    description: 'The kind of problem. A code never changes its meaning.',
    examples: ['internal'],
  }),
  traceId: Type.String({
    title: 'TraceId',
    description: 'The X-Request-Id, which finds the request in the log.',
    examples: ['7f3c1d9e-52b8-4a6f-9d0c-8e1b4a7f2c63'],
  }),
}

/** Schema of a general problem: RFC 9457 with the members `code` and `traceId`. */
export const ProblemBody = Type.Object(common, {
  title: 'Problem',
  description: 'A problem that any request can have.',
})

const bodies = new Map<ProblemCode, TObject>()

/** Returns the schema of the problems of one code, with their extra members. */
export function problemBody(code: ProblemCode): TObject {
  const known = bodies.get(code)
  if (known) return known
  const { status, title, detail, why, extra = {} } = problemRow(code)
  const body = Type.Object(
    {
      ...common,
      title: Type.Unsafe<string>({ type: 'string', const: title }),
      status: Type.Unsafe<number>({ type: 'integer', const: status }),
      detail: text('The error of this request.', detail),
      code: Type.Unsafe<ProblemCode>({ type: 'string', const: code }),
      ...extra,
    },
    { title: schemaNameOf(code), description: why },
  )
  bodies.set(code, body)
  return body
}

/** Returns the name of the schema: `VersionConflictProblem` for `version-conflict`. */
const schemaNameOf = (code: string) =>
  `${code.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Problem`
