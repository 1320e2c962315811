import Type, { type Static } from 'typebox'
import { follows, type Transitions } from './transitions.ts'

const Capability = Type.Object({
  allowed: Type.Boolean(),
  to: Type.Optional(Type.String({ description: 'the state that it leads to' })),
  code: Type.Optional(Type.String({ description: 'the problem that it would meet' })),
  blockers: Type.Optional(Type.Array(Type.String({ format: 'uuid' }))),
})
type Capability = Static<typeof Capability>

export const Capabilities = Type.Record(Type.String(), Capability, {
  description:
    'which verbs change the state now, and why others cannot; a verb whose state it is in already, and so would change nothing, is left out',
})
export type Capabilities = Static<typeof Capabilities>

type States<S extends string, V extends string> = {
  table: Transitions<S, V>
  verbs: readonly V[]
  /** Where a verb means to lead from here. */
  target: (verb: V) => S
  /** What becomes of a change that the table allows. */
  outcome: (to: S) => Capability
}

/** What each verb would do to an entity as it is. */
export function capabilitiesOf<S extends string, V extends string>(
  { status, deleted }: { status: S; deleted: boolean },
  { table, verbs, target, outcome }: States<S, V>,
): Capabilities {
  const capability = (verb: V): Capability => {
    if (deleted) return { allowed: false, code: 'deleted' }
    const to = target(verb)
    return follows(table, status, to, verb) ? outcome(to) : { allowed: false, code: 'invalid-transition' }
  }
  const telling = verbs.filter((verb) => deleted || target(verb) !== status)
  return Object.fromEntries(telling.map((verb) => [verb, capability(verb)]))
}

/** Adds members to an entity's finished text. */
export const withMembers = (text: string, members: Record<string, unknown>): string =>
  Object.keys(members).length === 0 ? text : `${text.slice(0, -1)},${JSON.stringify(members).slice(1)}`
