import type { Loaded } from './load.ts'
import { type Person, peopleOf } from './people.ts'
import type { Roadmap } from './plan.ts'
import type { Figures } from './report.ts'

/** What one run did and what it found; `--json` prints exactly this. */
export type Outcome = Figures &
  Pick<Roadmap, 'inFile' | 'adapted' | 'byTheRules' | 'notLoaded'> & {
    goalsLeftAsTheyAre: number
    writes: number
    seconds: number
    writesPerSecond: number
    people: Person[]
  }

export const outcomeOf = (
  { goals, inFile, adapted, byTheRules, notLoaded }: Roadmap,
  { goalsLeftAsTheyAre }: Loaded,
  figures: Figures,
  { writes, seconds }: { writes: number; seconds: number },
): Outcome => ({
  inFile,
  ...figures,
  goalsLeftAsTheyAre,
  ...{ writes, seconds, writesPerSecond: Math.round(writes / seconds) },
  ...{ adapted, byTheRules, notLoaded },
  people: peopleOf(goals),
})

export const countFaults = ({ faults }: Figures): number => Object.values(faults).reduce((sum, count) => sum + count, 0)
