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

const common = {
  type: Type.String({ format: 'uri-reference', description: 'the address of a page about this kind of problem' }),
  title: Type.String({ description: 'the kind of problem in one sentence, the same for every response of a code' }),
  status: Type.Integer({ description: 'the HTTP status' }),
  detail: Type.String({ description: 'the error of this request' }),
  instance: Type.Optional(Type.String({ description: 'the path of the request, as it was sent' })),
  code: Type.Unsafe<ProblemCode>({
    type: 'string',
    enum: generalCodes,
    title: 'GeneralProblemCode',
    description: 'the kind of problem; it never changes its meaning',
  }),
  traceId: Type.String({ description: 'the X-Request-Id; it finds the request in the log' }),
}

/** Schema of a general problem: RFC 9457 with the members `code` and `traceId`. */
export const ProblemBody = Type.Object(common, { title: 'Problem' })

const bodies = new Map<ProblemCode, TObject>()

/** Returns the schema of the problems of one code, with their extra members. */
export function problemBody(code: ProblemCode): TObject {
  const known = bodies.get(code)
  if (known) return known
  const { status, title, why, extra = {} } = problemRow(code)
  const body = Type.Object(
    {
      ...common,
      title: Type.Unsafe<string>({ type: 'string', const: title }),
      status: Type.Unsafe<number>({ type: 'integer', const: status }),
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
