import { setTimeout as sleep } from 'node:timers/promises'
import { consumerNames } from '@goals-tasks/events'
import type { Environment } from '../environment/environment.ts'
import type { Scenario } from '../scenario.ts'
import { openQueues } from './queues.ts'

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
  await addJobs(jobsPerQueue)
  const before = await countJobs()
  await sleep(8_000)
  const added = (await countJobs()) - before
  for (const worker of workers) worker.start()
  if (added > apis.length * consumerNames.length) throw new Error(`${added} jobs were added to full queues`)
}
