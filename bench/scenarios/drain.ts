import { type ConsumerName, consumerNames } from '@goals-tasks/events'
import { createBacklogs, warmUp } from '../backlog.ts'
import { createBareQueue } from '../bare-queue.ts'
import { type Context, clearEvents } from '../context.ts'
import { startBaseline } from '../programs.ts'
import { compare, type Section } from '../report.ts'
import { createRequestCosts } from '../request-costs.ts'
import { requestsAs, walkRows } from '../requests.ts'
import { interleave, type Sample } from '../rounds.ts'
import { seeded } from '../seed.ts'
import { targets } from '../targets.ts'
import { waitUntil } from '../wait.ts'

const backlog = 20_000
const maxRounds = 4

/** Measures how fast workers drain a backlog of creates, from the moment when all of it is committed and enqueued. */
export async function drain(context: Context): Promise<Section> {
  const bare = await createBareQueue(context)
  const backlogs = await createBacklogs(context)
  const rounds = Math.min(maxRounds, context.rounds)
  const requests = requestsAs(context.token)
  const nextGoal = walkRows(seeded.http)

  const createGoal = () => requests.createGoal
  const drainAudit = () => backlogs.drain({ processes: 1, consumers: ['audit-log'], next: createGoal, backlog })
  const ofAll = { processes: 1, consumers: consumerNames, backlog }
  const drainAll = () => backlogs.drain({ ...ofAll, next: createGoal })
  const drainAssigned = () => backlogs.drain({ ...ofAll, next: () => requests.createTaskOfColleague(nextGoal().row) })
  async function drainBare(): Promise<Sample & { costs: string }> {
    await bare.clear()
    const worker = await startBaseline(context.servers, 'bullmq')
    const done = (count: number) => waitUntil('the bare queue done', async () => (await bare.effects()) === count)
    await bare.fill(warmUp)
    await done(warmUp)
    await bare.queue.pause()
    await bare.fill(backlog)
    const costs = createRequestCosts({ 'the worker': worker.pid, ...context.servers.pids })
    const rate = await costs.measure(async () => {
      const startedAt = performance.now()
      await bare.queue.resume()
      await done(warmUp + backlog)
      return [(backlog * 1_000) / (performance.now() - startedAt), backlog]
    })
    await worker.stop()
    return { rate, costs: costs.describe() }
  }

  const samples = await interleave(
    { one: drainAudit, all: drainAll, assigned: drainAssigned, bare: drainBare },
    { rounds, warmUp: false },
  )
  await Promise.all([backlogs.close(), bare.close()])
  await clearEvents(context)
  const ofBare = { against: 'bare BullMQ, one INSERT per job, concurrency 50', baseline: samples.bare }
  const beside = (consumer: ConsumerName) => samples.all.flatMap((sample) => sample.each.get(consumer) ?? [])
  return {
    title: 'Events through a worker',
    note: [
      `A backlog of ${backlog / 1_000} k creates, in creates per second, ${rounds} rounds.`,
      'A rate is that of the slowest consumer with deliveries. The consumer sync has no receiver.',
      'CPU per create in µs, in the last round:',
      `- audit-log alone: ${samples.one.at(-1)?.costs}`,
      `- all consumers: ${samples.all.at(-1)?.costs}`,
      `- all consumers, tasks with an assignee: ${samples.assigned.at(-1)?.costs}`,
      `- bare BullMQ: ${samples.bare.at(-1)?.costs}`,
    ].join('\n'),
    rows: [
      compare({
        ...{ measured: 'audit-log alone, one process', of: samples.one, ...ofBare, target: targets.drainAuditLog },
      }),
      compare({
        ...{ measured: 'all consumers in one process', of: samples.all, ...ofBare, target: targets.drainAll },
      }),
      compare({ measured: 'all consumers in one process, tasks with an assignee', of: samples.assigned, ...ofBare }),
      ...consumerNames
        .filter((consumer) => beside(consumer).length === rounds)
        .map((consumer) => compare({ measured: `${consumer}, beside the others`, of: beside(consumer), ...ofBare })),
    ],
  }
}
