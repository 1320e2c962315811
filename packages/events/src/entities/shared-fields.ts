import Type from 'typebox'
import { field } from './field.ts'
import { Instant, Nullable, stringEnum } from './schemas.ts'
import { maxTextLength } from './text.ts'

/** In ascending order: a sort by priority follows it. */
export const priorities = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const

/** Fields that goals and tasks share. */
export const title = field(Type.String(), {
  setBy: 'anyone',
  description: 'The name that people read. It has at least one visible character.',
  example: 'Learn to sail',
  input: Type.String({ minLength: 1, maxLength: maxTextLength.title, pattern: '\\S' }),
})
export const description = field(Nullable(Type.String()), {
  setBy: 'anyone',
  description: 'A longer text, or null.',
  example: 'Enough to cross a bay alone.',
  input: Nullable(Type.String({ maxLength: maxTextLength.description })),
  default: null,
})
export const Priority = stringEnum(priorities, {
  title: 'Priority',
  description: 'How important a goal or task is.',
  examples: ['HIGH'],
})
export const priority = field(Priority, { setBy: 'anyone', default: 'MEDIUM' })
export const tags = field(Type.Array(Type.String()), {
  setBy: 'anyone',
  description: 'Words by which lists can be filtered, each of them once.',
  example: ['sailing'],
  input: Type.Array(Type.String({ minLength: 1, maxLength: maxTextLength.tag }), { maxItems: 50 }),
  default: [],
})
export const metadata = field(
  Type.Record(Type.String(), Type.Unknown(), {
    title: 'Metadata',
    description:
      'Data of the client in any form, at most 16 KiB and 8 levels. ' +
      'A PATCH merges it member by member, and null removes a member.',
    examples: [{ club: 'harbour' }],
  }),
  { setBy: 'anyone', default: {} },
)

/** The fields that Postgres writes by itself. */
export const lifecycle = {
  createdAt: field(Instant, {
    setBy: 'system',
    description: 'The instant of the creation, in UTC.',
    example: '2027-01-04T09:30:00.000Z',
  }),
  updatedAt: field(Instant, {
    setBy: 'system',
    description: 'The instant of the last change, in UTC.',
    example: '2027-01-04T09:30:00.000Z',
  }),
  completedAt: field(Nullable(Instant), {
    setBy: 'system',
    description: 'The instant of the completion, in UTC. Null unless the status is COMPLETED.',
    example: null,
    default: null,
  }),
  deletedAt: field(Nullable(Instant), {
    setBy: 'system',
    description: 'The instant of the deletion, in UTC. Null unless it is deleted.',
    example: null,
    default: null,
  }),
  version: field(Type.Integer(), {
    setBy: 'system',
    description: 'The number of the current version. It rises by one with each committed change. The ETag has it, too.',
    example: 1,
    default: 1,
  }),
}
