import { setTimeout as sleep } from 'node:timers/promises'
import { cleanUp, until } from '@goals-tasks/devstack/testing'
import { connectProducer, consumerNames, openQueue } from '@goals-tasks/events'
import { type Environment, queuePrefix } from '../environment/environment.ts'
import type { Scenario } from '../scenario.ts'

/** The dispatchers add no job while more jobs wait than a thousand. */
const jobsPerQueue = 1_001

export const fullQueueScenarios: readonly Scenario[] = [
  { name: 'queues-full-of-jobs', isQuick: true, boundSeconds: 90, inject: fillQueues },
]

/**
 * Fills every queue with jobs that have no event, while no worker runs. Each dispatcher may add one more job per queue:
 * the reply shows it how many jobs wait.
 */
async function fillQueues({ apis, workers, redis }: Environment): Promise<void> {
  const { addJobs, countJobs } = await openQueues(redis.url)
  await Promise.all(workers.map((worker) => worker.stop()))
  await addJobs()
  const before = await countJobs()
  await sleep(8_000)
  const added = (await countJobs()) - before
  for (const worker of workers) worker.start()
  if (added > apis.length * consumerNames.length) throw new Error(`${added} jobs were added to full queues`)
}

async function openQueues(url: string) {
  const connection = connectProducer(url, () => undefined)
  cleanUp(async () => connection.disconnect())
  await until(() => connection.status === 'ready')
  const queues = consumerNames.map((consumer) => openQueue(connection, queuePrefix, consumer))
  const emptyJobs = Array.from({ length: jobsPerQueue }, () => ({ name: 'goal:created', data: { events: [] } }))
  return {
    addJobs: () => Promise.all(queues.map((queue) => queue.addBulk(emptyJobs))),
    async countJobs(): Promise<number> {
      const counts = await Promise.all(queues.map((queue) => queue.getWaitingCount()))
      return counts.reduce((sum, count) => sum + count, 0)
    },
  }
}
