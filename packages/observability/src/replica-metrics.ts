import { setTimeout as sleep } from 'node:timers/promises'
import { Counter, Gauge, type Registry } from './metrics.ts'

/** The part of the reads that has the distance. It is null without a replica, and rejects when it does not answer. */
type Measured = { state(): Promise<{ behindBytes: number } | null> }

/** A scrape waits no longer for a server that does not answer. */
const scrapeTimeoutMs = 1_000

/** Registers the metrics of the reads that a replica may answer. `count` counts one read by who answered and why. */
export function registerReplicaMetrics(registry: Registry, replica: Measured) {
  const reads = new Counter({
    name: 'gt_replica_reads_total',
    help: 'Reads of the history by outcome: replica, or the primary because the replica was behind, failed or paused',
    labelNames: ['outcome'],
    registers: [registry],
  })
  new Gauge({
    name: 'gt_replica_behind_bytes',
    help: 'WAL that the replica has not replayed yet; no sample while it does not answer',
    registers: [registry],
    async collect() {
      const answer = replica.state().catch(() => null)
      const state = await Promise.race([answer, sleep(scrapeTimeoutMs, null, { ref: false })])
      if (state) this.set(state.behindBytes)
      else this.remove()
    },
  })
  return { count: (outcome: string) => reads.inc({ outcome }) }
}
