import { Gauge, type Registry } from '@goals-tasks/observability'
import type { Scaling } from '@goals-tasks/operations'

/**
 * Registers the wanted workers of each consumer. A consumer without a known value has no sample. The gauges of the
 * status log why it cannot be loaded.
 */
export function registerScalingMetrics(registry: Registry, load: () => Promise<Scaling[]>): void {
  new Gauge({
    name: 'gt_queue_workers_wanted',
    help: 'processes that the consumer needs for its work',
    labelNames: ['consumer'],
    registers: [registry],
    async collect(this: Gauge<'consumer'>) {
      const scalings = await load().catch(() => [])
      this.reset()
      for (const { consumer, wantedWorkers } of scalings) this.set({ consumer }, wantedWorkers)
    },
  })
}
