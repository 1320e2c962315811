import Type from 'typebox'

/** A UUID in lower case. */
export const Id = Type.String({ format: 'uuid' })
/** RFC 3339, UTC, milliseconds. */
export const Instant = Type.String({ format: 'date-time' })
/** A day without time or zone, `YYYY-MM-DD`. */
export const CalendarDate = Type.String({ format: 'date' })

/** Returns the schema of a value that may also be null, as one schema of two types: generated clients read it best. */
export const Nullable = <S extends Type.TSchema>(schema: S, options: { title?: string } = {}) => {
  const { type, enum: values } = schema as { type?: string; enum?: readonly unknown[] }
  if (type === undefined) throw new Error('A nullable schema needs a type.')
  const orNull = { type: [type, 'null'], ...(values && { enum: [...values, null] }) }
  return Type.Unsafe<Type.Static<S> | null>({ ...schema, ...orNull, ...options })
}

/** Returns the schema of one of `values`. `type` and `enum` stand together, which generated clients understand best. */
export const stringEnum = <const V extends readonly string[]>(values: V, options: { title?: string } = {}) =>
  Type.Unsafe<V[number]>({ type: 'string', enum: [...values], ...options })
