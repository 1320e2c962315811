import Type, { type Static } from 'typebox'

/** Which verbs work now, and why the others do not. */
export const Capabilities = Type.Record(
  Type.String(),
  Type.Object({
    allowed: Type.Boolean(),
    to: Type.Optional(Type.String({ description: 'the state that it leads to' })),
    code: Type.Optional(Type.String({ description: 'the problem that it would meet' })),
    blockers: Type.Optional(Type.Array(Type.String({ format: 'uuid' }))),
  }),
  { description: 'which state changes work now, and why the others do not' },
)
export type Capabilities = Static<typeof Capabilities>

/** Adds members to an entity's finished text. */
export const withMembers = (text: string, members: Record<string, unknown>): string =>
  Object.keys(members).length === 0 ? text : `${text.slice(0, -1)},${JSON.stringify(members).slice(1)}`
