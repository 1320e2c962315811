import { stringEnum } from '@goals-tasks/events'
import Type, { type TProperties, type TSchema } from 'typebox'
import { follows, type Transitions } from './transitions.ts'

/** The outcome of a verb. `code` is the problem that it would get, and `blockers` are the reason of `task-blocked`. */
type Capability = { allowed: boolean; to?: string; code?: string; blockers?: readonly string[] }

/** The outcome of each verb that would change the state or is refused. */
export type Capabilities = Readonly<Record<string, Capability>>

/** Returns the schema of the capabilities of a goal or task, with one optional member per verb. */
export function capabilitiesSchema(
  noun: 'Goal' | 'Task',
  verbs: readonly string[],
  { to, codes, extra = {} }: { to: TSchema; codes: readonly string[]; extra?: TProperties },
) {
  const Capability = Type.Object(
    {
      allowed: Type.Boolean({ description: 'Whether the verb succeeds now.', examples: [true] }),
      to: Type.Optional(to),
      code: Type.Optional(
        stringEnum(codes, {
          description: 'The code of the problem that the verb would get.',
          examples: codes.slice(0, 1),
        }),
      ),
      ...extra,
    },
    { title: `${noun}Capability`, description: 'The outcome of a verb.', additionalProperties: false },
  )
  return Type.Object(Object.fromEntries(verbs.map((verb) => [verb, Type.Optional(Capability)])), {
    title: `${noun}Capabilities`,
    description: 'The outcome of each verb. A verb that would change nothing is left out.',
    additionalProperties: false,
  })
}

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
