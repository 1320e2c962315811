import { type ConsumerName, policies } from '@goals-tasks/events'
import type { OpsQueues } from '../queues.ts'
import type { Status } from '../status/load-status.ts'
import { loadQueueWork } from './queue-work.ts'
import { type ScalingTargets, scalingTargets, type Work, wantedWorkers } from './wanted-workers.ts'

/** The number of workers that a consumer needs, and the figures that it follows from. */
export type Scaling = { consumer: ConsumerName; wantedWorkers: number; work: Work; targets: ScalingTargets }

/**
 * Returns the scaling of every consumer whose queue the status knows: of none while Redis is away. Rejects when Redis
 * does not answer meanwhile.
 */
export async function loadScaling({ consumers }: Status, queues: OpsQueues): Promise<Scaling[]> {
  const all = await Promise.all(
    consumers.map(async ({ consumer, queue: counts, pause, ...deliveries }): Promise<Scaling[]> => {
      const queue = queues.find(consumer)?.queue
      if (!queue || !counts) return []
      const work = {
        ...{ waiting: counts.waiting, active: counts.active, pendingDeliveries: deliveries.pendingDeliveries },
        ...(await loadQueueWork(queues.connection, queue)),
        oldestEventSeconds: deliveries.oldestUntriedSeconds,
        // Operators pause the consumer, and Bull Board its queue. The queue does not know the former.
        isPaused: pause !== null || counts.paused,
      }
      const targets = { concurrency: policies[consumer].concurrency, ...scalingTargets }
      return [{ consumer, wantedWorkers: wantedWorkers(work, targets), work, targets }]
    }),
  )
  return all.flat()
}
