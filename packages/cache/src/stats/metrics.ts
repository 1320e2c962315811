import { Counter, Gauge, type Registry } from '@goals-tasks/observability'
import type { BreakerState } from '../redis/guard.ts'
import type { Counters } from './counters.ts'

type States = { breaker: () => BreakerState; isBypassed: () => boolean; missed: () => number }

const breakerStates: readonly BreakerState[] = ['closed', 'open', 'half-open']

/** Registers the metrics of one cache. Each scrape copies the current values of the counters. */
export function registerMetrics(registry: Registry, counters: Counters, states: States): void {
  registerOutcomes(registry, 'gt_cache_reads_total', 'reads through the cache', () => ({
    hit: counters.hits,
    miss: counters.misses,
    bypass: counters.bypassed,
  }))
  registerOutcomes(registry, 'gt_cache_fills_total', 'loaded texts to store in the cache', () => ({
    stored: counters.fills,
    refused: counters.refused,
    late: counters.late,
    no_room: counters.withoutRoom,
    failed: counters.fillsFailed,
  }))
  registerOutcomes(registry, 'gt_cache_invalidations_total', 'invalidations before a response', () => ({
    reached: counters.invalidations,
    missed: counters.invalidationsMissed,
  }))
  new Counter({
    name: 'gt_cache_distrust_swaps_total',
    help: 'bumps of the global generation by this process',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(counters.swaps)
    },
  })
  registerGauge(registry, 'gt_cache_trusted', '0 while the process bypasses the cache', () =>
    states.isBypassed() ? 0 : 1,
  )
  registerGauge(registry, 'gt_cache_missed_keys', 'keys that bypass the cache until Redis confirms', states.missed)
  registerGauge(registry, 'gt_cache_breaker_state', '0 closed, 1 open, 2 half open', () =>
    breakerStates.indexOf(states.breaker()),
  )
}

function registerOutcomes(registry: Registry, name: string, help: string, values: () => Record<string, number>): void {
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
}

function registerGauge(registry: Registry, name: string, help: string, value: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(value())
    },
  })
}
