import { Counter, Gauge, type Registry } from './metrics.ts'

type Stats = { buffered: number; leftToSweeper: number }
/** The part of a dispatcher that has the numbers: a pair of name and numbers for each consumer. */
type Measured = { stats(): readonly (readonly [consumer: string, stats: Stats])[] }

/** Registers the counter of the lost hints for the feed. Each scrape copies its present number. */
export function registerFeedHintMetrics(registry: Registry, hints: { lost(): number }): void {
  new Counter({
    name: 'gt_feed_hints_lost_total',
    help: 'Messages to the feed that Redis did not confirm; the query of the hub finds their events',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(hints.lost())
    },
  })
}

/** Registers the metrics of the dispatcher of this process. Each scrape copies its present numbers. */
export function registerDispatcherMetrics(registry: Registry, dispatcher: Measured): void {
  new Gauge({
    name: 'gt_dispatcher_buffered_events',
    help: 'Committed events that wait in this process to be enqueued',
    labelNames: ['consumer'],
    registers: [registry],
    collect() {
      for (const [consumer, { buffered }] of dispatcher.stats()) this.set({ consumer }, buffered)
    },
  })
  new Counter({
    name: 'gt_dispatcher_events_left_to_sweeper_total',
    help: 'Committed events that were not enqueued: too many jobs wait, or Redis is away; the sweeper enqueues them',
    labelNames: ['consumer'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [consumer, { leftToSweeper }] of dispatcher.stats()) this.inc({ consumer }, leftToSweeper)
    },
  })
}
