import { type ConsumerName, connectProducer, openQueue } from '@goals-tasks/events'
import type { Context } from './context.ts'
import { loadProgram } from './http.ts'
import { requestsAs } from './requests.ts'
import { waitUntil } from './wait.ts'

/** The consumers that hear of a new goal. */
export const creationConsumers: readonly ConsumerName[] = ['audit-log', 'cache-invalidation', 'sync']

/** Creates this many goals over HTTP as fast as it goes. */
export async function createGoals(context: Context, count: number): Promise<void> {
  const { createGoal } = requestsAs(context.token)
  let left = count
  await loadProgram(
    { seconds: 60 },
    { program: context.api, expect: 201, next: () => (left-- > 0 ? createGoal : undefined) },
  )
}

/** Resolves when these consumers have nothing left to do. @returns the time at which each was done, as `performance.now()` has it */
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

/** The consumers' queues, to hold their jobs back and to let them go at one moment. */
export function openQueues({ servers }: Context, consumers: readonly ConsumerName[]) {
  const connection = connectProducer(servers.redisUrl, (error) => console.error(error.message))
  const queues = consumers.map((consumer) => openQueue(connection, 'gt', consumer))
  const each = async (work: (queue: (typeof queues)[number]) => Promise<unknown>) => {
    await Promise.all(queues.map(work))
  }
  return {
    ready: () => waitUntil('the queues connected', async () => connection.status === 'ready'),
    hold: () => each((queue) => queue.pause()),
    release: () => each((queue) => queue.resume()),
    /** Empties them; what their consumers hear is forgotten elsewhere. */
    forget: () => each((queue) => queue.obliterate({ force: true })),
    async close() {
      await each((queue) => queue.close())
      connection.disconnect()
    },
  }
}
