import { Counter, Gauge, type Registry } from './metrics.ts'

/** The part of a line of turns that has the numbers. */
type Measured = {
  /** How many got their turn at once, got it after a wait, or got none, so far. */
  counts: { atOnce: number; waited: number; refused: number }
  countWaiting(): number
}
type Names = {
  /** The metrics are `NAME_total{outcome}` and `NAME_waiting`. */
  name: string
  help: string
  waitingHelp: string
}

/** Registers the metrics of work that takes turns. Each scrape copies its present numbers. */
export function registerTurnMetrics(
  registry: Registry,
  { name, help, waitingHelp }: Names,
  { counts, countWaiting }: Measured,
): void {
  const registers = [registry]
  new Counter({
    name: `${name}_total`,
    ...{ help, labelNames: ['outcome'], registers },
    collect() {
      this.reset()
      this.inc({ outcome: 'at-once' }, counts.atOnce)
      this.inc({ outcome: 'waited' }, counts.waited)
      this.inc({ outcome: 'refused' }, counts.refused)
    },
  })
  new Gauge({
    name: `${name}_waiting`,
    ...{ help: waitingHelp, registers },
    collect() {
      this.set(countWaiting())
    },
  })
}
