import { Counter, Gauge, type Registry } from '@goals-tasks/observability'

export type Tally = ReturnType<typeof createTally>

/** What one cache has done so far. */
export const createTally = () => ({
  hits: 0,
  /** Reads that found nothing that they may use. */
  misses: 0,
  /** Reads that did not wait for Redis, or asked it in vain. */
  bypassed: 0,
  fills: 0,
  /** Fills that Redis refused, since they may have been stale. */
  refused: 0,
  /** Fills that were not sent, since their load had taken too long. */
  late: 0,
  fillsFailed: 0,
  invalidations: 0,
  /** Invalidations that failed, took too long or were not even tried. */
  invalidationsMissed: 0,
  swaps: 0,
})

type States = { breaker: () => 'closed' | 'open' | 'half-open'; trusted: () => boolean }

/** Counts on a plain object, which costs the hot path nothing, and shown when the registry is asked. */
export function registerTally(registry: Registry, tally: Tally, states: States): void {
  const counter = (name: string, help: string, values: () => Record<string, number>) =>
    new Counter({
      name,
      help,
      labelNames: ['outcome'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [outcome, count] of Object.entries(values())) this.inc({ outcome }, count)
      },
    })
  counter('gt_cache_reads_total', 'reads through the cache', () => ({
    hit: tally.hits,
    miss: tally.misses,
    bypass: tally.bypassed,
  }))
  counter('gt_cache_fills_total', 'answers to be stored in the cache', () => ({
    stored: tally.fills,
    refused: tally.refused,
    late: tally.late,
    failed: tally.fillsFailed,
  }))
  counter('gt_cache_invalidations_total', 'invalidations before an answer', () => ({
    reached: tally.invalidations,
    missed: tally.invalidationsMissed,
  }))
  new Counter({
    name: 'gt_cache_distrust_swaps_total',
    help: 'swaps of the global generation by this process',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(tally.swaps)
    },
  })
  gauge(registry, 'gt_cache_trusted', '0 while the process does not use the cache', () => (states.trusted() ? 1 : 0))
  gauge(registry, 'gt_cache_breaker_state', '0 closed, 1 open, 2 half open', () =>
    ['closed', 'open', 'half-open'].indexOf(states.breaker()),
  )
}

function gauge(registry: Registry, name: string, help: string, value: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(value())
    },
  })
}
