/** The intervals and limits of the runtime. Tests shorten them; production has no reason to change them. */
export type Timings = {
  /**
   * How long an enqueued event belongs to its job before the sweeper may enqueue it again. New deliveries start with
   * the same lease (see the schema).
   */
  leaseMs: number
  sweepEveryMs: number
  /**
   * How long a process has served its consumers before it does what no user waits for: the watchdog, the reviews, the
   * reminders, the digests, the reports and the maintenance. At once they would delay its start by their connections.
   */
  secondaryAfterMs: number
  /** How long an event of an unknown type is snoozed. A newer program knows the type and handles it. */
  snoozeMs: number
  reviewDeadEveryMs: number
  /** How often a process makes the reminders that are due. */
  remindEveryMs: number
  /** How often a process looks for digests that are due. */
  closeDigestsEveryMs: number
  /** How often a process looks for webhooks whose owners are to be notified of their health. */
  reportHealthEveryMs: number
  stalledCheckEveryMs: number
  watchEveryMs: number
  /** How often a process looks whether a consumer is paused. */
  pauseCheckEveryMs: number
  /** How long a process with work may finish nothing before it counts as stuck. Longer than the longest transaction. */
  stuckAfterMs: number
  /** How long a delivery may be overdue before it counts as forgotten: a few leases. */
  overdueAfterMs: number
  /**
   * How long a process may finish nothing while such deliveries exist and Redis gives no answer or refuses writes.
   * Longer than a failover and than most restarts of Redis.
   */
  blindAfterMs: number
}

export const timings: Timings = {
  leaseMs: 30_000,
  sweepEveryMs: 2_000,
  secondaryAfterMs: 1_000,
  snoozeMs: 300_000,
  reviewDeadEveryMs: 60_000,
  remindEveryMs: 60_000,
  closeDigestsEveryMs: 10_000,
  reportHealthEveryMs: 60_000,
  stalledCheckEveryMs: 5_000,
  watchEveryMs: 5_000,
  pauseCheckEveryMs: 2_000,
  stuckAfterMs: 90_000,
  overdueAfterMs: 90_000,
  blindAfterMs: 300_000,
}
