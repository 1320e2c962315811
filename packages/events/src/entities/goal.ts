import Type, { type Static } from 'typebox'
import { defaultsOf, entityProperties, field, newProperties, patchProperties } from './field.ts'
import { CalendarDate, Id, Nullable, stringEnum } from './schemas.ts'
import { description, lifecycle, metadata, priority, tags, title } from './shared-fields.ts'
import { maxTextLength } from './text.ts'

export const goalStatuses = ['ACTIVE', 'ON_HOLD', 'COMPLETED', 'CANCELLED'] as const
export const GoalStatus = stringEnum(goalStatuses, { title: 'GoalStatus' })

/**
 * Everything about each field of a goal, in the order of responses and events. Schemas, columns and defaults derive
 * from it. A new field also needs its column in packages/db/src/schema/goals.ts and a migration.
 */
export const goalFields = {
  id: field(Id, { setBy: 'creator' }),
  userId: field(Type.String({ format: 'uuid', description: 'the owner' }), { setBy: 'creator' }),
  title,
  description,
  status: field(GoalStatus, { setBy: 'patch', default: 'ACTIVE' }),
  priority,
  targetDate: field(Nullable(CalendarDate), { setBy: 'anyone', default: null }),
  category: field(Nullable(Type.String()), {
    setBy: 'anyone',
    input: Nullable(Type.String({ minLength: 1, maxLength: maxTextLength.category })),
    default: null,
  }),
  tags,
  metadata,
  ...lifecycle,
}

/** A goal in responses and in events. */
export const Goal = Type.Object(entityProperties(goalFields), { title: 'Goal', additionalProperties: false })
export type Goal = Static<typeof Goal>

/** Properties of a request for a new goal. Optional ones have a default. */
export const newGoalFields = newProperties(goalFields)
/** Properties of a patch of a goal, all required. */
export const goalPatchFields = patchProperties(goalFields)
/** Values of a new goal in the fields that its creator may leave out. */
export const goalDefaults = defaultsOf(goalFields, ['anyone'])
