import Type from 'typebox'

/** Annotations of a schema in the OpenAPI document. */
type Annotations = { title?: string; description?: string; examples?: unknown[] }

/** A UUID in lower case. */
export const Id = Type.String({ format: 'uuid' })
/** RFC 3339, UTC, milliseconds. */
export const Instant = Type.String({ format: 'date-time' })
/** A day without time or zone, `YYYY-MM-DD`. */
export const CalendarDate = Type.String({ format: 'date' })

/** Returns the schema of a value that may also be null, as one schema of two types: generated clients read it best. */
export const Nullable = <S extends Type.TSchema>(schema: S, options: Annotations = {}) => {
  const { type, enum: values } = schema as { type?: string; enum?: readonly unknown[] }
  if (type === undefined) throw new Error('A nullable schema needs a type.')
  const orNull = { type: [type, 'null'], ...(values && { enum: [...values, null] }) }
  return Type.Unsafe<Type.Static<S> | null>({ ...schema, ...orNull, ...options })
}

/** Returns the schema of one of `values`. `type` and `enum` stand together, which generated clients understand best. */
export const stringEnum = <const V extends readonly string[]>(values: V, options: Annotations = {}) =>
  Type.Unsafe<V[number]>({ type: 'string', enum: [...values], ...options })

/** Returns the schema with a description and an example. */
export const annotated = <S extends Type.TSchema>(schema: S, description: string, example: unknown): S => ({
  ...schema,
  description,
  examples: [example],
})

/** Ids in the examples of the OpenAPI document. */
export const exampleIds = {
  user: '0190c1a0-5b7e-4c1d-9f3a-2d6b8e4f7a10',
  goal: '1f0b6c2e-8a34-4d57-b1c9-6e2f0d9a5b31',
  task: '2c7d9e4f-3b65-4a18-8f7e-1a5c3d8b6e42',
  blocker: '3e8a1b5c-6d27-4f90-a4b3-9c7e2f1d8a53',
  assignee: '4b9c2d6e-7f18-4e3a-95d4-8a6f1c0e7b64',
  notification: '0190c1a2-9e4b-7c25-a1d8-3f5b7e2c6a94',
  event: '0190c1a2-7d3f-7a10-8b25-4c6e9f1a3d75',
  cascade: '5d0e3f7a-8b29-4c6d-b6e5-7f4a2d1c9e86',
  webhook: '5d2f8a6b-7c13-4e9a-b0d4-1f6e3c8a9b72',
  syncRun: '019ab5c2-9d11-7e02-8f3b-5a7c9e1d2b46',
}
