import type { Environment } from './environment/environment.ts'
import type { ProcessOptions } from './environment/processes.ts'
import type { Ledger } from './load/ledger.ts'
import type { Random } from './random.ts'

/** One fault, how it is injected, and how long the system may take to get over it. */
export type Scenario = {
  name: string
  /** Part of the quick half, which `.ci/run` executes. */
  isQuick?: true
  /** How long after the last fault every delivery must be handled. */
  boundSeconds: number
  processes?: ProcessOptions
  /** Starts the processes while Redis is stopped. */
  isRedisAwayAtBoot?: true
  /** Commits wait for their WAL and for a standby, when the scenario starts one. */
  mayHaveStandby?: true
  /** No request of the load may fail, and none may be indeterminate. */
  allowsNoClientError?: true
  /** No process may end by itself. */
  allowsNoExit?: true
  /** Returns the reason when this machine cannot run the scenario. */
  skipReason?(): Promise<string | undefined>
  /** Injects the fault while the load runs, and ends it. Records the writes that it sends itself in the ledger. */
  inject(environment: Environment, random: Random, ledger: Ledger): Promise<void>
}
