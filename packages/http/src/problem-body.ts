import Type from 'typebox'
import { problems } from './problems.ts'

/** Schema of a problem: RFC 9457 with the members `code`, `traceId` and `errors`. */
export const ProblemBody = Type.Object(
  {
    type: Type.String({ description: 'a page about this kind of problem' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String(),
    code: Type.Unsafe<keyof typeof problems>({ type: 'string', enum: Object.keys(problems) }),
    traceId: Type.String({ description: 'the X-Request-Id; finds the request in the log' }),
    errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
  },
  { title: 'Problem' },
)
