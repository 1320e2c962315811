export type Counters = ReturnType<typeof createCounters>

/** Creates the counters of one cache. They are plain numbers, so that counting costs a read next to nothing. */
export const createCounters = () => ({
  hits: 0,
  /** Reads that found no value they may use. */
  misses: 0,
  /** Reads that skipped Redis, or got no answer from it in time. */
  bypassed: 0,
  fills: 0,
  /** Fills that Redis refused because they may have been stale. */
  refused: 0,
  /** Fills that were not sent because the load had taken too long. */
  late: 0,
  /** Fills that were not sent because the text was too large or Redis too full. */
  withoutRoom: 0,
  fillsFailed: 0,
  invalidations: 0,
  /** Invalidations that failed, took too long or were not sent. */
  invalidationsMissed: 0,
  /** Bumps of the global generation by this process. The name follows the metric `gt_cache_distrust_swaps_total`. */
  swaps: 0,
})
