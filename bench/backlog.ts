import { type ConsumerName, consumerNames } from '@goals-tasks/events'
import { type Context, clearEvents } from './context.ts'
import { openQueues, pendingDeliveries, sendCreates, untilDone } from './deliveries.ts'
import { startWorker } from './programs.ts'
import { createRequestCosts } from './request-costs.ts'
import type { Sample } from './rounds.ts'

/** Creates that are handled before a measurement. */
export const warmUp = 1_000

type Drain = {
  processes: number
  consumers: readonly ConsumerName[]
  /** Returns the next create. */
  next: () => Buffer
  /** The number of creates. */
  backlog: number
  /** Further variables of the workers. */
  env?: Record<string, string>
}
/** `costs` is what a create cost each process, as `createRequestCosts` describes it. */
export type Drained = Sample & { each: Map<ConsumerName, Sample>; costs: string }

/** Opens the queues, through which backlogs are built up and drained. Close them after the last backlog. */
export async function createBacklogs(context: Context) {
  const queues = openQueues(context, consumerNames)
  await queues.ready()
  return {
    /**
     * Drains a backlog, from the moment when all of it is committed and enqueued. The rate is that of the slowest
     * consumer, in creates. Consumers without deliveries do not count.
     */
    async drain({ processes, consumers, next, backlog, env = {} }: Drain): Promise<Drained> {
      await clearEvents(context)
      await queues.clear()
      const variables = { WORKER_CONSUMERS: consumers.join(','), ...env }
      const workers = await Promise.all(
        Array.from({ length: processes }, () => startWorker(context.servers, variables)),
      )
      const pids = Object.fromEntries(workers.map(({ pid }, place) => [`worker ${place + 1}`, pid]))
      const costs = createRequestCosts({ ...pids, ...context.servers.pids })
      const measure = async () => {
        await sendCreates(context, warmUp, next)
        await untilDone(context, consumers)
        await queues.pause()
        await sendCreates(context, backlog, next)
        const pending = await pendingDeliveries(context)
        const startedAt = performance.now()
        const doneAt = await costs.measure(async () => {
          await queues.resume()
          return [await untilDone(context, consumers), backlog]
        })
        return { pending, startedAt, doneAt }
      }
      const { pending, startedAt, doneAt } = await measure().finally(() =>
        Promise.all(workers.map((worker) => worker.stop())),
      )
      const drained = [...doneAt].filter(([consumer]) => pending.has(consumer))
      const each = new Map(drained.map(([consumer, at]) => [consumer, { rate: (backlog * 1_000) / (at - startedAt) }]))
      const rate = Math.min(...[...each.values()].map((sample) => sample.rate))
      return { rate, each, costs: costs.describe() }
    },
    close: () => queues.close(),
  }
}
