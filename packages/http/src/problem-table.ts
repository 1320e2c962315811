import { entityProblems } from './entity-problems.ts'
import type { ProblemRow } from './problem-row.ts'
import { requestProblems } from './request-problems.ts'
import { webhookProblems } from './webhook-problems.ts'

/** Every problem that a response can name. The code is stable, and its page is /problems/{code}. */
export const problems = { ...requestProblems, ...entityProblems, ...webhookProblems }

export type ProblemCode = keyof typeof problems
/** Returns the row of a code, with its optional parts. */
export const problemRow = (code: ProblemCode): ProblemRow => problems[code]
/** Every code, in the order of the statuses. */
export const problemCodes = (Object.keys(problems) as ProblemCode[]).sort(
  (a, b) => problemRow(a).status - problemRow(b).status,
)
