import { Problem } from '@goals-tasks/http'

/** The states that may follow a state, each with its verbs. Without a verb, only a patch leads there. */
export type Transitions<S extends string, V extends string> = Record<S, Partial<Record<S, readonly V[]>>>

export const statesAfter = <S extends string, V extends string>(table: Transitions<S, V>, from: S) =>
  Object.keys(table[from]) as S[]

/** Whether state `to` may follow `from`, by `verb` if one is given. */
export function follows<S extends string, V extends string>(
  table: Transitions<S, V>,
  from: S,
  to: S,
  verb?: V,
): boolean {
  const verbs = table[from][to]
  return verbs !== undefined && (verb === undefined || verbs.includes(verb))
}

/** @throws Problem 409 with the allowed states, when `to` may not follow `from`, or not by that verb */
export function checkTransition<S extends string, V extends string>(
  table: Transitions<S, V>,
  from: S,
  to: S,
  verb?: V,
): void {
  if (from === to || follows(table, from, to, verb)) return
  const allowed = statesAfter(table, from)
  const verbs = [...new Set(allowed.flatMap((state) => table[from][state] ?? []))]
  const wanted = verb ?? to
  throw new Problem('invalid-transition', `${from} does not allow ${wanted}: ${allowed.join(', ')} may follow.`, {
    extra: { from, wanted, allowed, verbs },
  })
}

/** Describes the transitions of a verb for OpenAPI: `ACTIVE → ON_HOLD`. */
export function describeVerb<S extends string, V extends string>(table: Transitions<S, V>, verb: V): string {
  const ways = statesOf(table).flatMap((from) => {
    const to = statesAfter(table, from).filter((state) => follows(table, from, state, verb))
    return to.length > 0 ? [`\`${from}\` → ${to.map((state) => `\`${state}\``).join(' or ')}`] : []
  })
  return `${ways.join(', ')}. Already there: 200, and nothing changes.`
}

/** Describes the states that may follow each state for OpenAPI. */
export const describeStates = <S extends string, V extends string>(table: Transitions<S, V>): string =>
  statesOf(table)
    .map((from) => `After \`${from}\`: ${statesAfter(table, from).join(', ')}.`)
    .join(' ')

export const statesOf = <S extends string, V extends string>(table: Transitions<S, V>) => Object.keys(table) as S[]
