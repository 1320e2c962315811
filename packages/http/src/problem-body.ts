import Type, { type TObject } from 'typebox'
import { type ProblemCode, problemCodes, problemRow } from './problem-table.ts'

const text = (description: string, example: string) => Type.String({ description, examples: [example] })

const common = {
  type: Type.String({
    format: 'uri-reference',
    title: 'ProblemType',
    description: 'The address of a page about this kind of problem.',
    examples: ['/problems/not-found'],
  }),
  title: text('The kind of problem in one sentence, the same for every response of a code.', 'Not found'),
  status: Type.Integer({ description: 'The HTTP status.', examples: [404] }),
  detail: text('The error of this request.', 'The goal was not found.'),
  instance: Type.Optional(
    Type.String({
      title: 'ProblemInstance',
      description: 'The path of the request, as it was sent.',
      examples: ['/v1/goals/1f0b6c2e-8a34-4d57-b1c9-6e2f0d9a5b31'],
    }),
  ),
  code: Type.Unsafe<ProblemCode>({
    type: 'string',
    enum: problemCodes,
    title: 'ProblemCode',
    description: 'The kind of problem. A code never changes its meaning.',
    examples: ['not-found'],
  }),
  traceId: Type.String({
    title: 'TraceId',
    description: 'The X-Request-Id, which finds the request in the log.',
    examples: ['7f3c1d9e-52b8-4a6f-9d0c-8e1b4a7f2c63'],
  }),
}

/** Schema of any problem: RFC 9457 with the members `code` and `traceId`. */
export const ProblemBody = Type.Object(common, { title: 'Problem', description: 'Any problem.' })

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
