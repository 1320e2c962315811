import { Problem } from '../errors.ts'

/** Which state may follow which, and by which verbs; the first is the usual one. */
export type Transitions<S extends string, V extends string> = Record<S, Partial<Record<S, readonly V[]>>>

const statesAfter = <S extends string, V extends string>(table: Transitions<S, V>, from: S) =>
  Object.keys(table[from]) as S[]

/** The verbs that lead somewhere from here, each with where to. */
export function verbsFrom<S extends string, V extends string>(table: Transitions<S, V>, from: S): Map<V, S> {
  const pairs = statesAfter(table, from).flatMap((to) => (table[from][to] ?? []).map((verb) => [verb, to] as const))
  // Where several states answer to a verb, the first is meant.
  return new Map(pairs.reverse())
}

/** @throws Problem 409 naming what is allowed, when that state does not follow, or not by that verb */
export function checkTransition<S extends string, V extends string>(
  table: Transitions<S, V>,
  from: S,
  to: S,
  verb?: V,
): void {
  if (from === to) return
  const verbs = table[from][to]
  if (verbs && (verb === undefined || verbs.includes(verb))) return
  throw invalidTransition(table, from, verb ?? to)
}

export const invalidTransition = <S extends string, V extends string>(
  table: Transitions<S, V>,
  from: S,
  wanted: S | V,
): Problem => {
  const allowed = statesAfter(table, from)
  const detail = `${from} does not allow ${wanted}: ${allowed.join(', ')} may follow.`
  return new Problem('invalid-transition', detail, {
    extra: { from, wanted, allowed, verbs: [...verbsFrom(table, from).keys()] },
  })
}
