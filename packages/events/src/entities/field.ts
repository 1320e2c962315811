import Type, { type Static, type TOptional, type TSchema } from 'typebox'

/**
 * How a field gets its value. `anyone`: a create and a patch may contain it. `patch`: only a patch may contain it.
 * `creator`: the service sets it in the create, and it never changes. `system`: the service or Postgres sets it later.
 */
type SetBy = 'anyone' | 'patch' | 'creator' | 'system'

/** Statements that write a row. The ones with edges give a task dependencies, or move it to another goal. */
type Write = 'insert' | 'insertWithEdges' | 'update' | 'updateWithEdges'

type Options<V> = {
  setBy: SetBy
  /** Description and example in the OpenAPI document. A schema with a title has its own. */
  description?: string
  example?: unknown
  /** Schema in requests, where it is stricter than the schema in responses and events. */
  input?: TSchema
  /**
   * Value in a new entity, unless the create sets another. A create must contain a field of `anyone` without a default.
   */
  default?: V | Readonly<V>
  /** Statements that write the field, where they differ from `writesBySetBy`. */
  writes?: readonly Write[]
}

/** Everything about one field of an entity. `schema` is the one in responses and events. */
type Field = Options<unknown> & { schema: TSchema }
type Fields = Readonly<Record<string, Field>>

/** Describes one field. The compiler refuses a default that does not match `schema`. */
export const field = <S extends TSchema, const O extends Options<Static<S>>>(schema: S, options: O) => ({
  ...options,
  schema: annotate(schema, options),
  ...(options.input && { input: annotate(options.input, options) }),
})

function annotate<S extends TSchema>(schema: S, { description, example }: Options<unknown>): S {
  return {
    ...schema,
    ...(description !== undefined && { description }),
    ...(example !== undefined && { examples: [example] }),
  }
}

const writesBySetBy = {
  anyone: ['insert', 'update'],
  patch: ['update'],
  creator: ['insert'],
  system: [],
} as const satisfies Record<SetBy, readonly Write[]>

type Input<F extends Field> = F extends { input: infer S extends TSchema } ? S : F['schema']
type WritesOf<F extends Field> = F extends { writes: infer W extends readonly Write[] }
  ? W[number]
  : (typeof writesBySetBy)[F['setBy']][number]

/*
 * Each function below derives one view of a table of fields, in the table's order. TypeScript cannot follow
 * `Object.fromEntries`, so the cast of each says which fields the callback keeps and what it makes of them.
 */

/** Returns the schemas of all fields: the properties of the entity in responses and events. */
export const entityProperties = <F extends Fields>(fields: F) =>
  mapFields(fields, ({ schema }) => schema) as { [N in keyof F]: F[N]['schema'] }

/** Returns the properties of a create. A property with a default is optional. */
export const newProperties = <F extends Fields>(fields: F) =>
  mapFields(fields, (of) => {
    if (of.setBy !== 'anyone') return undefined
    return 'default' in of ? Type.Optional(inputOf(of)) : inputOf(of)
  }) as {
    [N in keyof F as F[N]['setBy'] extends 'anyone' ? N : never]: F[N] extends { default: unknown }
      ? TOptional<Input<F[N]>>
      : Input<F[N]>
  }

/** Returns the properties of a patch, none of them optional yet. */
export const patchProperties = <F extends Fields>(fields: F) =>
  mapFields(fields, (of) => (of.setBy === 'anyone' || of.setBy === 'patch' ? inputOf(of) : undefined)) as {
    [N in keyof F as F[N]['setBy'] extends 'anyone' | 'patch' ? N : never]: Input<F[N]>
  }

/** Returns the names of the fields that no request may change, without `version`: a request names it on purpose. */
export const readOnlyFields = (fields: Fields): string[] =>
  Object.keys(mapFields(fields, ({ setBy }) => setBy === 'creator' || setBy === 'system' || undefined)).filter(
    (name) => name !== 'version',
  )

/** Returns the defaults of the fields that are set by one of `setBy`. */
export const defaultsOf = <F extends Fields, S extends SetBy>(fields: F, setBy: readonly S[]) =>
  mapFields(fields, (of) => (setBy.some((each) => each === of.setBy) ? of.default : undefined)) as {
    [N in keyof F as F[N] extends { setBy: S; default: unknown } ? N : never]: Static<F[N]['schema']>
  }

/** Returns the names of the fields that a statement writes. */
export const fieldsWrittenBy = <F extends Fields, W extends Write>(fields: F, write: W) =>
  Object.keys(mapFields(fields, (of) => writesOf(of).includes(write) || undefined)) as {
    [N in keyof F]: W extends WritesOf<F[N]> ? N : never
  }[keyof F][]

const inputOf = ({ schema, input = schema }: Field): TSchema => input
const writesOf = ({ setBy, writes = writesBySetBy[setBy] }: Field): readonly Write[] => writes

/** Returns `derive` of each field, without the fields for which it is undefined. */
function mapFields(fields: Fields, derive: (field: Field) => unknown): Record<string, unknown> {
  const values = Object.entries(fields).map(([name, field]) => [name, derive(field)])
  return Object.fromEntries(values.filter(([, value]) => value !== undefined))
}
