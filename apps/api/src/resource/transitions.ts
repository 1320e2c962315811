import { Problem } from '@goals-tasks/http'

/** Which state may follow which, and by which verbs; by none means that only a patch names it. */
export type Transitions<S extends string, V extends string> = Record<S, Partial<Record<S, readonly V[]>>>

export const statesAfter = <S extends string, V extends string>(table: Transitions<S, V>, from: S) =>
  Object.keys(table[from]) as S[]

/** Whether the one state may follow the other, and by that verb. */
export function follows<S extends string, V extends string>(
  table: Transitions<S, V>,
  from: S,
  to: S,
  verb?: V,
): boolean {
  const verbs = table[from][to]
  return verbs !== undefined && (verb === undefined || verbs.includes(verb))
}

/** @throws Problem 409 naming what is allowed, when that state does not follow, or not by that verb */
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

/** Where a verb leads, for the contract: `ACTIVE → ON_HOLD`. */
export function describeVerb<S extends string, V extends string>(table: Transitions<S, V>, verb: V): string {
  const ways = statesOf(table).flatMap((from) => {
    const to = statesAfter(table, from).filter((state) => follows(table, from, state, verb))
    return to.length > 0 ? [`\`${from}\` → ${to.map((state) => `\`${state}\``).join(' or ')}`] : []
  })
  return `${ways.join(', ')}. Already there: 200, and nothing changes.`
}

/** What the contract says of 409 on a change of state. */
export const describeRefusal = <S extends string, V extends string>(table: Transitions<S, V>): string =>
  `Refused, as \`code\` says. With \`invalid-transition\` the state does not follow, and \`allowed\` has those that do. ${statesOf(
    table,
  )
    .map((from) => `After \`${from}\`: ${statesAfter(table, from).join(', ')}.`)
    .join(' ')}`

export const statesOf = <S extends string, V extends string>(table: Transitions<S, V>) => Object.keys(table) as S[]
