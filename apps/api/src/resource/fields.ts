import Type, { type TSchema } from 'typebox'

/** The precondition of clients that cannot set If-Match. */
export const Version = Type.Integer({
  minimum: 1,
  maximum: 2_147_483_647,
  description: 'The version that you read, in place of If-Match.',
  examples: [1],
})

export const IncludeDeleted = Type.Object(
  {
    includeDeleted: Type.Optional(
      Type.Boolean({ description: 'Whether a deleted goal or task is returned, instead of 410.', examples: [true] }),
    ),
  },
  { additionalProperties: false },
)

/** Returns the example of an object: the example of each of its properties. */
export function exampleOf(properties: Readonly<Record<string, TSchema>>): Record<string, unknown> {
  const examples = Object.entries(properties).map(([name, schema]) => [name, firstExample(schema)])
  return Object.fromEntries(examples)
}

const firstExample = (schema: TSchema & { examples?: unknown[] }) => schema.examples?.[0]
