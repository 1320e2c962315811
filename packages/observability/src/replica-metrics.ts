import { Counter, Gauge, type Registry } from './metrics.ts'

/** The part of the reads that has the distance. It is null without a replica, and rejects when it does not answer. */
type Measured = { state(): Promise<{ behindBytes: number } | null> }

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
      this.reset()
      const state = await replica.state().catch(() => null)
      if (state) this.set(state.behindBytes)
      else this.remove()
    },
  })
  return { count: (outcome: string) => reads.inc({ outcome }) }
}
