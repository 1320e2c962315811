import { CalendarDate, goalStatuses, Nullable, stringEnum } from '@goals-tasks/events'
import Type, { type Static } from 'typebox'
import { Description, Metadata, Priority, Tags, Title, Version } from '../entities/fields.ts'

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
  Type.Object({ title: Title, status: stringEnum(goalStatuses), ...writable, version: Version }),
  { additionalProperties: false, examples: [{ title: 'Learn to sail well', priority: 'HIGH' }] },
)
export type GoalPatch = Static<typeof GoalPatch>

export const GoalParams = Type.Object({ goalId: Type.String({ format: 'uuid' }) })
