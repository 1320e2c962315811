import { CalendarDate, Nullable, stringEnum } from '@goals-tasks/events'
import Type, { type Static } from 'typebox'
import { Description, Metadata, Priority, Tags, Title, Version } from '../entities/fields.ts'

/** Cancelling takes the open tasks along, which is more than a change of one goal. */
const GoalStatus = stringEnum(['ACTIVE', 'ON_HOLD', 'COMPLETED'])

const writable = {
  description: Description,
  priority: Priority,
  targetDate: Nullable(CalendarDate),
  category: Nullable(Type.String({ minLength: 1, maxLength: 100 })),
  tags: Tags,
  metadata: Metadata,
}

export const NewGoal = Type.Object(
  { title: Title, ...Type.Partial(Type.Object(writable)).properties },
  { additionalProperties: false, examples: [{ title: 'Learn to sail', targetDate: '2027-06-01', tags: ['sailing'] }] },
)
export type NewGoal = Static<typeof NewGoal>

export const GoalPatch = Type.Partial(
  Type.Object({ title: Title, status: GoalStatus, ...writable, version: Version }),
  { additionalProperties: false, examples: [{ title: 'Learn to sail well', priority: 'HIGH' }] },
)
export type GoalPatch = Static<typeof GoalPatch>

export const GoalParams = Type.Object({ goalId: Type.String({ format: 'uuid' }) })
