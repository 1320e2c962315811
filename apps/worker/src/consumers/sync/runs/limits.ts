const [second, minute, day] = [1_000, 60_000, 86_400_000]

/** The pace and the bounds of sync runs. */
export type RunLimits = {
  /** Goals and tasks that one turn sends. Other jobs of the consumer run between two turns. */
  messagesPerTurn: number
  /** The pace of a run, so that it does not flood its receiver. */
  messagesPerSecond: number
  /** How long a process keeps a run after its last record. Longer than a group of requests takes. */
  leaseMs: number
  /**
   * The waits before the next attempts at a refused goal or task. There is one less than the failures in a row that
   * suspend a webhook, so an outage alone never uses all attempts up.
   */
  retryWaitsMs: readonly number[]
  /** A run with more refused goals and tasks fails. */
  maxFailures: number
  /** A run that takes longer fails. */
  maxAgeMs: number
}

export const runLimits: RunLimits = {
  ...{ messagesPerTurn: 100, messagesPerSecond: 100, leaseMs: 30 * second },
  retryWaitsMs: [5 * second, 30 * second, 2 * minute, 10 * minute],
  ...{ maxFailures: 1_000, maxAgeMs: 7 * day },
}
