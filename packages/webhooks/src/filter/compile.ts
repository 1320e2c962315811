import { catalogue, eventTypes, internalTypes } from '@goals-tasks/events'
import { type Change, evaluate } from './evaluate.ts'
import { parseFilter } from './parse.ts'

/** The fields of every entity that an event of a webhook may have. */
const fields: ReadonlySet<string> = new Set(
  eventTypes
    .filter((type) => !internalTypes.some((internal) => internal === type))
    .flatMap((type) => Object.keys(catalogue[type].properties.after.properties)),
)

/** Compiles the filter of a webhook. @throws FilterError with the place of the first mistake */
export function compileFilter(source: string): (change: Change) => boolean {
  const expression = parseFilter(source, fields)
  return (change) => evaluate(expression, change)
}
