import { type ConsumerName, connectProducer, openQueue } from '@goals-tasks/events'
import type { Context } from './context.ts'
import { loadProgram } from './http.ts'
import { requestsAs } from './requests.ts'
import { waitUntil } from './wait.ts'

/** The consumers with work after a `goal:created`: the API finishes the cache's deliveries, and sync has none. */
export const creationConsumers: readonly ConsumerName[] = ['audit-log']

/** Creates `count` goals over HTTP as fast as possible. */
export async function createGoals(context: Context, count: number): Promise<void> {
  const { createGoal } = requestsAs(context.token)
  let left = count
  await loadProgram(
    { seconds: 60 },
    { program: context.api, expect: 201, next: () => (left-- > 0 ? createGoal : undefined) },
  )
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
    /** Deletes all jobs. `clearEvents` deletes their events. */
    clear: () => each((queue) => queue.obliterate({ force: true })),
    async close() {
      await each((queue) => queue.close())
      connection.disconnect()
    },
  }
}
