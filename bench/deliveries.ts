import { type ConsumerName, connectProducer, openQueue } from '@goals-tasks/events'
import type { Context } from './context.ts'
import { loadProgram } from './http.ts'
import { waitUntil } from './wait.ts'

/** Sends `count` creates over HTTP as fast as possible. */
export async function sendCreates(context: Context, count: number, next: () => Buffer): Promise<void> {
  let left = count
  await loadProgram(
    { seconds: 120 },
    { program: context.api, expect: 201, next: () => (left-- > 0 ? next() : undefined) },
  )
}

/** Returns how many deliveries of each consumer are pending. Consumers without any are missing. */
export async function pendingDeliveries({ pool }: Context): Promise<Map<ConsumerName, number>> {
  const { rows } = await pool.query('select consumer, count(*)::int as count from deliveries group by consumer')
  return new Map(rows.map((row) => [row.consumer, row.count]))
}

/** Waits until these consumers have no deliveries. @returns when each had none, as a time of `performance.now()` */
export async function untilDone(
  { pool }: Context,
  consumers: readonly ConsumerName[],
): Promise<Map<ConsumerName, number>> {
  const doneAt = new Map<ConsumerName, number>()
  await waitUntil(`${consumers.join(', ')} done`, async () => {
    const { rows } = await pool.query({
      name: 'busy',
      text: 'select c from unnest($1::text[]) c where exists (select from deliveries where consumer = c)',
      values: [consumers],
    })
    const busy = new Set(rows.map((row) => row.c))
    for (const consumer of consumers)
      if (!busy.has(consumer) && !doneAt.has(consumer)) doneAt.set(consumer, performance.now())
    return doneAt.size === consumers.length
  })
  return doneAt
}

const unfinished = ['waiting', 'prioritized', 'delayed', 'active'] as const

/** Opens the queues of the consumers. They can be paused, resumed and emptied together. */
export function openQueues({ servers }: Context, consumers: readonly ConsumerName[]) {
  const connection = connectProducer(servers.redisUrl, (error) => console.error(error.message))
  const queues = consumers.map((consumer) => openQueue(connection, 'gt', consumer))
  const each = async (work: (queue: (typeof queues)[number]) => Promise<unknown>) => {
    await Promise.all(queues.map(work))
  }
  return {
    ready: () => waitUntil('the queues connected', async () => connection.status === 'ready'),
    pause: () => each((queue) => queue.pause()),
    resume: () => each((queue) => queue.resume()),
    /** Returns how many jobs are there, finished ones aside. */
    async count(): Promise<number> {
      const counts = await Promise.all(queues.map((queue) => queue.getJobCountByTypes(...unfinished)))
      return counts.reduce((sum, count) => sum + count, 0)
    },
    /** Deletes all jobs. `clearEvents` deletes their events. */
    clear: () => each((queue) => queue.obliterate({ force: true })),
    async close() {
      await each((queue) => queue.close())
      connection.disconnect()
    },
  }
}
