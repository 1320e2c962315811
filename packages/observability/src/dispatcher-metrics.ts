import { Counter, Gauge, type Registry } from './metrics.ts'

type Stats = { buffered: number; leftToSweeper: number }
/** The part of a dispatcher that has the numbers: a pair of name and numbers for each consumer. */
type Measured = { stats(): readonly (readonly [consumer: string, stats: Stats])[] }

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
