import type { Figures } from './figures.ts'
import type { LoadResult } from './load.ts'
import { type Person, peopleOf } from './people.ts'
import type { Roadmap } from './plan.ts'

/** The result of one run. `--json` prints exactly this. */
export type Outcome = Figures &
  Pick<Roadmap, 'inFile' | 'adapted' | 'byTheRules' | 'notLoaded'> & {
    goalsLeftAsTheyAre: number
    writes: number
    seconds: number
    writesPerSecond: number
    people: Person[]
  }

/** Builds the outcome of a run. `seconds` is the duration of the load without the wait and the checks. */
export const outcomeOf = (
  { goals, inFile, adapted, byTheRules, notLoaded }: Roadmap,
  { loaded, figures, writes, seconds }: { loaded: LoadResult; figures: Figures; writes: number; seconds: number },
): Outcome => ({
  inFile,
  ...figures,
  goalsLeftAsTheyAre: loaded.goalsLeftAsTheyAre,
  ...{ writes, seconds, writesPerSecond: Math.round(writes / seconds) },
  ...{ adapted, byTheRules, notLoaded },
  people: peopleOf(goals),
})

/** Returns the number of faults. It is 0 when nothing was lost. */
export const countFaults = ({ faults }: Figures): number => Object.values(faults).reduce((sum, count) => sum + count, 0)
