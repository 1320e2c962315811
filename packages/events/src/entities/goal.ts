import Type, { type Static } from 'typebox'
import { defaultsOf, entityProperties, field, newProperties, patchProperties } from './field.ts'
import { CalendarDate, exampleIds, Id, Nullable, stringEnum } from './schemas.ts'
import { description, lifecycle, metadata, priority, tags, title } from './shared-fields.ts'
import { maxTextLength } from './text.ts'

export const goalStatuses = ['ACTIVE', 'ON_HOLD', 'COMPLETED', 'CANCELLED'] as const
export const GoalStatus = stringEnum(goalStatuses, {
  title: 'GoalStatus',
  description: 'The state of a goal. A goal is closed when it is COMPLETED or CANCELLED.',
  examples: ['ACTIVE'],
})

/**
 * Everything about each field of a goal, in the order of responses and events. Schemas, columns and defaults derive
 * from it. A new field also needs its column in packages/db/src/schema/goals.ts and a migration.
 */
export const goalFields = {
  id: field(Id, { setBy: 'creator', description: 'The id of the goal.', example: exampleIds.goal }),
  userId: field(Id, {
    setBy: 'creator',
    description: 'The owner: the user who created the goal.',
    example: exampleIds.user,
  }),
  title,
  description,
  status: field(GoalStatus, { setBy: 'patch', default: 'ACTIVE' }),
  priority,
  targetDate: field(Nullable(CalendarDate), {
    setBy: 'anyone',
    description: 'The day by which the goal is to be reached, or null.',
    example: '2027-06-01',
    default: null,
  }),
  category: field(Nullable(Type.String()), {
    setBy: 'anyone',
    description: 'A word by which lists can be filtered, or null.',
    example: 'leisure',
    input: Nullable(Type.String({ minLength: 1, maxLength: maxTextLength.category })),
    default: null,
  }),
  tags,
  metadata,
  ...lifecycle,
}

/** A goal in responses and in events. */
export const Goal = Type.Object(entityProperties(goalFields), {
  title: 'Goal',
  description: 'A goal with all its fields.',
  additionalProperties: false,
})
export type Goal = Static<typeof Goal>

/** Properties of a request for a new goal. Optional ones have a default. */
export const newGoalFields = newProperties(goalFields)
/** Properties of a patch of a goal, all required. */
export const goalPatchFields = patchProperties(goalFields)
/** Values of a new goal in the fields that its creator may leave out. */
export const goalDefaults = defaultsOf(goalFields, ['anyone'])
