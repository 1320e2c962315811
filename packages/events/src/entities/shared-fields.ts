import Type from 'typebox'
import { field } from './field.ts'
import { Instant, Nullable, stringEnum } from './schemas.ts'
import { maxTextLength } from './text.ts'

/** In ascending order: a sort by priority follows it. */
export const priorities = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const

/** Fields that goals and tasks share. */
export const title = field(Type.String(), {
  setBy: 'anyone',
  input: Type.String({ minLength: 1, maxLength: maxTextLength.title, pattern: '\\S' }),
})
export const description = field(Nullable(Type.String()), {
  setBy: 'anyone',
  input: Nullable(Type.String({ maxLength: maxTextLength.description })),
  default: null,
})
export const Priority = stringEnum(priorities, { title: 'Priority' })
export const priority = field(Priority, { setBy: 'anyone', default: 'MEDIUM' })
export const tags = field(Type.Array(Type.String()), {
  setBy: 'anyone',
  input: Type.Array(Type.String({ minLength: 1, maxLength: maxTextLength.tag }), { maxItems: 50 }),
  default: [],
})
export const metadata = field(Type.Record(Type.String(), Type.Unknown()), {
  setBy: 'anyone',
  input: Type.Record(Type.String(), Type.Unknown(), { description: 'free-form, at most 16 KiB and 8 levels' }),
  default: {},
})

/** The fields that Postgres writes by itself. */
export const lifecycle = {
  createdAt: field(Instant, { setBy: 'system' }),
  updatedAt: field(Instant, { setBy: 'system' }),
  completedAt: field(Nullable(Instant), { setBy: 'system', default: null }),
  deletedAt: field(Nullable(Instant), { setBy: 'system', default: null }),
  version: field(Type.Integer({ description: 'rises by one per committed change; the ETag' }), {
    setBy: 'system',
    default: 1,
  }),
}
