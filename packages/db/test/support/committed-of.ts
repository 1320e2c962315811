import type { Committed, Outcome } from '../../src/index.ts'

/** Returns the change that an outcome stands for. @throws Error when nothing was committed */
export function committedOf(outcome: Outcome): Committed {
  if (outcome === null || outcome === 'locked') throw new Error(`nothing was committed: ${outcome ?? 'no row matched'}`)
  return outcome
}
