import type { ConsumerName } from '@goals-tasks/events'
import type { OpsQueues } from '../queues.ts'
import { type FoundJobs, findJobs } from './find-jobs.ts'
import type { Work } from './work.ts'

/** Finds the jobs of each consumer that has work left. The jobs of a consumer are null when Redis does not answer. */
export async function findAllJobs(
  queues: OpsQueues,
  work: readonly Work[],
): Promise<ReadonlyMap<ConsumerName, FoundJobs | null>> {
  const byConsumer = Map.groupBy(work, ({ consumer }) => consumer)
  const busy = queues.all.filter(({ consumer }) => byConsumer.has(consumer))
  const results = await Promise.allSettled(
    busy.map(async ({ consumer, queue }) =>
      queues.available() ? findJobs(queue, consumer, byConsumer.get(consumer) ?? []) : null,
    ),
  )
  const found = results.map((result) => (result.status === 'fulfilled' ? result.value : null))
  return new Map(busy.map(({ consumer }, i) => [consumer, found[i] ?? null]))
}
