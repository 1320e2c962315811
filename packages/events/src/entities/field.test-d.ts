/** Mistakes that the compiler must refuse. This file does not compile when one of them is not an error. */
import Type from 'typebox'
import { field, fieldsWrittenBy } from './field.ts'
import { goalDefaults, newGoalFields } from './goal.ts'
import { taskFields } from './task.ts'

// A default that the schema does not allow.
// @ts-expect-error 1 is not a string
export const mismatched = field(Type.String(), { setBy: 'anyone', default: 1 })

// A create with a field that only patches set.
// @ts-expect-error a create cannot set the status
export const patchOnly = newGoalFields.status

// A default of a required field.
// @ts-expect-error a goal has no default title
export const required = goalDefaults.title

// A column that the statement does not write.
// @ts-expect-error an insert without edges does not write dependencies
export const unwritten: ReturnType<typeof insertedFields>[number] = 'dependencies'
const insertedFields = () => fieldsWrittenBy(taskFields, 'insert')
