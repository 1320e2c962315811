import { Gauge, type Registry } from '@goals-tasks/observability'
import type { ScalingLook } from './look.ts'

/**
 * Registers the wanted workers of each consumer. A consumer without a known value has no sample. The look logs why
 * Redis does not answer, and the gauges of the status log why the status cannot be loaded.
 */
export function registerScalingMetrics(registry: Registry, look: ScalingLook): void {
  new Gauge({
    name: 'gt_queue_workers_wanted',
    help: 'processes that the consumer needs for its work',
    labelNames: ['consumer'],
    registers: [registry],
    async collect(this: Gauge<'consumer'>) {
      const scalings = await look().catch(() => [])
      this.reset()
      for (const { consumer, wantedWorkers } of scalings) this.set({ consumer }, wantedWorkers)
    },
  })
}
