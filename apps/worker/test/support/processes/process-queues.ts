import { type ConsumerName, connectProducer, consumerNames, openQueue } from '@goals-tasks/events'
import { onTestFinished } from 'vitest'

/** Opens the queues of an installation beside its processes. */
export async function openQueues({ url, prefix }: { url: string; prefix: string }) {
  const connection = connectProducer(url, () => undefined)
  const ready = new Promise((resolve) => connection.once('ready', resolve))
  const queues = consumerNames.map((consumer) => openQueue(connection, prefix, consumer))
  onTestFinished(async () => {
    await Promise.all(queues.map((queue) => queue.close()))
    connection.disconnect()
  })
  await ready
  return {
    async countJobs(): Promise<number> {
      const counts = await Promise.all(queues.map((queue) => queue.getJobCountByTypes()))
      return counts.reduce((sum, count) => sum + count, 0)
    },
    countActive: async (consumer: ConsumerName) =>
      (await queues.find((queue) => queue.name === consumer)?.getActiveCount()) ?? 0,
    /**
     * Ends the job locks of a dead worker, as 45 s would: each lock expires, and one check has already marked the job
     * as possibly stalled.
     */
    async endLocks(): Promise<void> {
      for (const queue of queues) {
        const active = (await queue.getJobs(['active'])).flatMap((job) => (job.id ? [job.id] : []))
        await connection.del(queue.toKey('stalled-check'), ...active.map((id) => `${queue.toKey(id)}:lock`))
        if (active.length > 0) await connection.sadd(queue.toKey('stalled'), ...active)
      }
    },
  }
}
