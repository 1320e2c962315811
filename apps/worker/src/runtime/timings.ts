/** How patient the runtime is. Tests shorten these; a running system has no reason to. */
export type Timings = {
  /** An event that is enqueued is nobody else's to enqueue for so long. Deliveries start with the same (see the schema). */
  leaseMs: number
  sweepEveryMs: number
  /** How long an event of an unknown type waits for a newer program. */
  snoozeMs: number
  reviewDeadEveryMs: number
  stalledCheckEveryMs: number
  watchEveryMs: number
  /** Work at hand and nothing done for so long: this process is of no use any more. Longer than a transaction may take. */
  stuckAfterMs: number
}

export const timings: Timings = {
  leaseMs: 30_000,
  sweepEveryMs: 2_000,
  snoozeMs: 300_000,
  reviewDeadEveryMs: 60_000,
  stalledCheckEveryMs: 5_000,
  watchEveryMs: 5_000,
  stuckAfterMs: 90_000,
}
