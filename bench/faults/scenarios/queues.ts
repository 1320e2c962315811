import { cleanUp, until } from '@goals-tasks/devstack/testing'
import { connectProducer, consumerNames, openQueue } from '@goals-tasks/events'
import { queuePrefix } from '../environment/environment.ts'

/** Opens the queues of all consumers until the end of the scenario. `url` is that of their Redis. */
export async function openQueues(url: string) {
  const connection = connectProducer(url, () => undefined)
  cleanUp(async () => connection.disconnect())
  await until(() => connection.status === 'ready')
  const queues = consumerNames.map((consumer) => openQueue(connection, queuePrefix, consumer))
  return {
    /** Adds jobs with these ids of events to each queue. The ids have no deliveries, so a worker skips them. */
    async addJobs(count: number, ids: readonly string[] = []): Promise<void> {
      const events = ids.map((id) => ({ id, type: 'goal:completed', aggregateId: id }))
      const jobs = Array.from({ length: count }, () => ({ name: 'goal:completed', data: { events } }))
      await Promise.all(queues.map((queue) => queue.addBulk(jobs)))
    },
    async countJobs(): Promise<number> {
      const counts = await Promise.all(queues.map((queue) => queue.getWaitingCount()))
      return counts.reduce((sum, count) => sum + count, 0)
    },
  }
}
