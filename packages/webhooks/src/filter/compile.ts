import { catalogue } from '@goals-tasks/events'
import { type Change, evaluate } from './evaluate.ts'
import { parseFilter } from './parse.ts'

/** The fields of every entity that an event may have. */
const fields: ReadonlySet<string> = new Set(
  Object.values(catalogue).flatMap(({ properties }) => Object.keys(properties.after.properties)),
)

/** Compiles the filter of a webhook. @throws FilterError with the place of the first mistake */
export function compileFilter(source: string): (change: Change) => boolean {
  const expression = parseFilter(source, fields)
  return (change) => evaluate(expression, change)
}
