import Type from 'typebox'

/** A UUID in lower case. */
export const Id = Type.String({ format: 'uuid' })
/** RFC 3339, UTC, milliseconds. */
export const Instant = Type.String({ format: 'date-time' })
/** A day without time or zone, `YYYY-MM-DD`. */
export const CalendarDate = Type.String({ format: 'date' })

/** Returns the schema of a value that may also be null. */
export const Nullable = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])

/** Returns the schema of one of `values`. `type` and `enum` stand together, which generated clients understand best. */
export const stringEnum = <const V extends readonly string[]>(values: V) =>
  Type.Unsafe<V[number]>({ type: 'string', enum: [...values] })
