import Type, { type Static } from 'typebox'
import { follows, type Transitions } from './transitions.ts'

const Capability = Type.Object(
  {
    allowed: Type.Boolean(),
    to: Type.Optional(Type.String({ description: 'the state that it leads to' })),
    code: Type.Optional(Type.String({ description: 'the problem that it would get' })),
    blockers: Type.Optional(Type.Array(Type.String({ format: 'uuid' }))),
  },
  { title: 'Capability' },
)
type Capability = Static<typeof Capability>

export const Capabilities = Type.Record(Type.String(), Capability, {
  title: 'Capabilities',
  description:
    'the verbs that change the state now, and why others cannot; a verb that would change nothing is left out',
})
export type Capabilities = Static<typeof Capabilities>

type States<S extends string, V extends string> = {
  table: Transitions<S, V>
  verbs: readonly V[]
  /** Returns the target state of a verb. */
  target: (verb: V) => S
  /** Returns the outcome of a change that the table allows. */
  outcome: (to: S) => Capability
}

/** Returns the outcome of each verb for an entity in its current state. */
export function capabilitiesOf<S extends string, V extends string>(
  { status, deleted }: { status: S; deleted: boolean },
  { table, verbs, target, outcome }: States<S, V>,
): Capabilities {
  const capability = (verb: V): Capability => {
    if (deleted) return { allowed: false, code: 'deleted' }
    const to = target(verb)
    return follows(table, status, to, verb) ? outcome(to) : { allowed: false, code: 'invalid-transition' }
  }
  const changing = verbs.filter((verb) => deleted || target(verb) !== status)
  return Object.fromEntries(changing.map((verb) => [verb, capability(verb)]))
}

/** Adds members to the JSON text of an entity. */
export const withMembers = (text: string, members: Record<string, unknown>): string =>
  Object.keys(members).length === 0 ? text : `${text.slice(0, -1)},${JSON.stringify(members).slice(1)}`
