import { type ConsumerName, consumerNames } from '@goals-tasks/events'
import { createBareQueue } from '../bare-queue.ts'
import { type Context, clearEvents } from '../context.ts'
import { createGoals, creationConsumers, openQueues, untilDone } from '../deliveries.ts'
import { startBaseline, startWorker } from '../programs.ts'
import { describe, type Section } from '../report.ts'
import { interleave, ratios, type Sample } from '../rounds.ts'
import { waitUntil } from '../wait.ts'

const backlog = 10_000
const warmUp = 1_000
const maxRounds = 2

/** Measures how fast workers drain a backlog of creates, from the moment when all of it is committed and enqueued. */
export async function drain(context: Context): Promise<Section> {
  const bare = await createBareQueue(context)
  const queues = openQueues(context, consumerNames)
  await queues.ready()
  const rounds = Math.min(maxRounds, context.rounds)

  async function drainWith(processes: number, consumers: readonly ConsumerName[]): Promise<Map<ConsumerName, Sample>> {
    await clearEvents(context)
    await queues.clear()
    const env = { WORKER_CONSUMERS: consumers.join(',') }
    const workers = await Promise.all(Array.from({ length: processes }, () => startWorker(context.servers, env)))
    await createGoals(context, warmUp)
    await untilDone(context, consumers)
    await queues.pause()
    await createGoals(context, backlog)
    const startedAt = performance.now()
    await queues.resume()
    const doneAt = await untilDone(context, consumers)
    await Promise.all(workers.map((worker) => worker.stop()))
    return new Map([...doneAt].map(([consumer, at]) => [consumer, { rate: (backlog * 1_000) / (at - startedAt) }]))
  }
  const auditWith = async (processes: number) => (await drainWith(processes, ['audit-log'])).get('audit-log') as Sample

  async function drainAll(): Promise<Sample & { each: Map<ConsumerName, Sample> }> {
    const each = await drainWith(1, consumerNames)
    return { rate: Math.min(...[...each.values()].map((sample) => sample.rate)), each }
  }
  async function drainBare(): Promise<Sample> {
    await bare.clear()
    const worker = await startBaseline(context.servers, 'bullmq')
    const done = (count: number) => waitUntil('the bare queue done', async () => (await bare.effects()) === count)
    await bare.fill(warmUp)
    await done(warmUp)
    await bare.queue.pause()
    await bare.fill(backlog)
    const startedAt = performance.now()
    await bare.queue.resume()
    await done(warmUp + backlog)
    const rate = (backlog * 1_000) / (performance.now() - startedAt)
    await worker.stop()
    return { rate }
  }

  const variants = { one: () => auditWith(1), two: () => auditWith(2), all: drainAll, bare: drainBare }
  const samples = await interleave(variants, { rounds, warmUp: false })
  await Promise.all([queues.close(), bare.close()])
  await clearEvents(context)
  const row = (measured: string, list: readonly Sample[], against: string, baseline: readonly Sample[]) => ({
    measured,
    against,
    ratio: ratios(list, baseline),
    absolute: describe(list),
    baseline: describe(baseline),
  })
  const bareQueue = 'bare BullMQ, one INSERT per job, concurrency 50'
  return {
    title: 'Events through a worker',
    note: [
      `A backlog of ${backlog / 1_000} k creates, in events per second, ${rounds} rounds.`,
      'The API finishes the deliveries to the cache, and sync has no receiver, so only the audit log has work.',
    ].join('\n'),
    rows: [
      row('audit-log alone, one process', samples.one, bareQueue, samples.bare),
      row('all consumers in one process, until the last is done', samples.all, bareQueue, samples.bare),
      ...creationConsumers.map((consumer) =>
        row(
          `${consumer}, beside the others`,
          samples.all.flatMap((sample) => sample.each.get(consumer) ?? []),
          bareQueue,
          samples.bare,
        ),
      ),
      row('audit-log, two processes', samples.two, 'one process', samples.one),
    ],
  }
}
