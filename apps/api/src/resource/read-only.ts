import { isDeepStrictEqual } from 'node:util'
import { goalFields, readOnlyFields, taskFields } from '@goals-tasks/events'
import { invalidBody } from '@goals-tasks/http'
import Type, { type TUnknown } from 'typebox'

export const readOnlyOfGoals = readOnlyFields(goalFields)
export const readOnlyOfTasks = readOnlyFields(taskFields)

export const readOnlyHint = 'is read-only: the service sets it'

const ReadOnlyCopy = Type.Unknown({
  title: 'ReadOnlyCopy',
  readOnly: true,
  description: 'A copy of a read-only field. It is accepted when it equals the current value.',
})

/** Returns the members of a patch that a client sends back as it read them. */
export const copiesOf = (names: readonly string[]): Record<string, TUnknown> =>
  Object.fromEntries(names.map((name) => [name, ReadOnlyCopy]))

/** Splits a patch into the members that it may change and the copies of read-only members. */
export function splitCopies<P extends object>(patch: P, names: readonly string[]): { given: P; copies: Copies } {
  const isCopy = ([name]: [string, unknown]) => names.includes(name)
  const members = Object.entries(patch)
  const given = Object.fromEntries(members.filter((member) => !isCopy(member))) as P
  return { given, copies: members.filter(isCopy) }
}

export type Copies = readonly [string, unknown][]

/** Returns the copies that differ from the entity. */
export const findChanged = (copies: Copies, entity: object): Copies =>
  copies.filter(([name, value]) => !isDeepStrictEqual(value, (entity as Record<string, unknown>)[name]))

/** @throws Problem 422 when a copy differs */
export function refuseChanged(changed: Copies): void {
  if (changed.length > 0) throw invalidBody(changed.map(([name]) => ({ pointer: `/${name}`, detail: readOnlyHint })))
}
