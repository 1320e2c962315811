import type { Environment } from '../environment/environment.ts'
import type { Ledger } from '../load/ledger.ts'
import type { Scenario } from '../scenario.ts'

/** A finished scenario: every fault has ended, the load has ended, and every delivery is handled. */
export type Finished = { environment: Environment; ledger: Ledger; scenario: Scenario }

/** Returns what is wrong, one sentence per problem. */
export type Check = (finished: Finished) => Promise<string[]>

const shown = 5

/** Returns one problem that counts the cases and names some of them, or no problem when there is no case. */
export function problemOf(problem: string, cases: readonly string[]): string[] {
  if (cases.length === 0) return []
  return [`${problem}: ${cases.length} (${cases.slice(0, shown).join(', ')})`]
}
