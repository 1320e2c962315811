import { consumerNames } from '@goals-tasks/events'
import { createBareQueue } from '../bare-queue.ts'
import { type Context, clearEvents, concurrent, patience } from '../context.ts'
import { openQueues, untilDone } from '../deliveries.ts'
import { openLoop } from '../open-loop.ts'
import { postGoal } from '../post-goal.ts'
import { startApi, startBaseline, startWorker } from '../programs.ts'
import { startReceiver } from '../receiver.ts'
import { compare, describe, type Row, type Section } from '../report.ts'
import { interleave, quantile, type Sample, spread } from '../rounds.ts'
import { targets } from '../targets.ts'
import { waitUntil } from '../wait.ts'

/** A 99th percentile needs some events. */
const minSeconds = 4

const eventLatencies = `
  select extract(epoch from pg_xact_commit_timestamp(a.xmin) - pg_xact_commit_timestamp(e.xid::xid)) * 1000 as ms
  from goal_audit_log a join events e on e.id = a.event_id`
const bareLatencies = `
  select extract(epoch from pg_xact_commit_timestamp(b.xmin) - pg_xact_commit_timestamp(a.xmin)) * 1000 as ms
  from bench_effects b join bench_events a on a.id = b.event_id`
const committedAt = `select id, extract(epoch from pg_xact_commit_timestamp(xid::xid)) * 1000 as ms from events`

/** Measures the time from the commit of an event to its effect, at rates below the capacity of the machine. */
export async function latency(context: Context): Promise<Section> {
  const parts = await openParts(context)
  try {
    return await measureAll(context, parts)
  } finally {
    await parts.close()
  }
}

type Parts = Awaited<ReturnType<typeof openParts>>

/** Starts the API and a worker with a receiver, and the baseline with its queue. */
async function openParts(context: Context) {
  const { servers } = context
  const receiver = await startReceiver()
  const bare = await createBareQueue(context)
  const queues = openQueues(context, consumerNames)
  // The API gets the receiver, too: an event needs a delivery for `sync` only when there is a receiver.
  const syncUrl = { SYNC_URL: receiver.url }
  const [api, worker] = [
    await startApi(servers, { ...patience, ...concurrent, ...syncUrl }),
    await startWorker(servers, syncUrl),
  ]
  const bareWorker = await startBaseline(servers, 'bullmq')
  await queues.ready()
  await queues.clear()
  async function close() {
    await Promise.all([api.stop(), worker.stop(), bareWorker.stop()])
    await Promise.all([queues.close(), bare.close(), receiver.close()])
  }
  return { api, bare, receiver, close }
}

async function measureAll(context: Context, { api, bare, receiver }: Parts): Promise<Section> {
  const { pool, rounds } = context
  const seconds = Math.max(context.seconds, minSeconds)

  async function measure(perSecond: number): Promise<Sample & { sync: Sample }> {
    await openLoop(perSecond, seconds, () => postGoal(api, context.token))
    await untilDone(context, consumerNames)
    const audit = await pool.query(eventLatencies)
    const commits = await pool.query(committedAt)
    const arrivals = commits.rows.map(({ id, ms }) => (receiver.arrivedAt.get(id) ?? Number.NaN) - Number(ms))
    receiver.arrivedAt.clear()
    await clearEvents(context)
    return {
      ...toSample(
        audit.rows.map((row) => Number(row.ms)),
        perSecond,
      ),
      sync: toSample(arrivals, perSecond),
    }
  }
  async function measureBare(perSecond: number): Promise<Sample> {
    await openLoop(perSecond, seconds, bare.commit)
    await waitUntil('the effects of the bare queue', async () => (await bare.effects()) === perSecond * seconds)
    const { rows } = await pool.query(bareLatencies)
    await bare.clear()
    return toSample(
      rows.map((row) => Number(row.ms)),
      perSecond,
    )
  }

  const rows: Row[] = []
  for (const perSecond of [50, 500] as const) {
    const variants = { ours: () => measure(perSecond), bare: () => measureBare(perSecond) }
    const samples = await interleave(variants, { rounds, warmUp: true })
    const sync = samples.ours.map((sample) => sample.sync)
    for (const by of ['p50Ms', 'p99Ms'] as const) {
      const [name, against] = [`at ${perSecond}/s, ${by.slice(0, 3)}`, `bare BullMQ, ${by.slice(0, 3)}`]
      const baseline = samples.bare
      rows.push({
        ...{ measured: `commit to audit row ${name}`, against: 'no baseline: ms', unit: 'ms' },
        ...{ value: spread(samples.ours.map((sample) => sample[by] ?? Number.NaN)), absolute: describe(samples.ours) },
        ...{ baseline: describe(baseline), target: targets.latency[perSecond][by] },
      })
      rows.push(compare({ measured: `commit to audit row ${name}`, against, of: samples.ours, baseline, by }))
      rows.push(compare({ measured: `commit to sync receiver ${name}`, against, of: sync, baseline, by }))
    }
  }
  return {
    title: 'Commit to effect',
    note: [
      'Below 1 is faster than the baseline: a queue with one job per event, and a worker with one INSERT per job.',
      'Creates arrive at a fixed rate. One worker process runs all consumers.',
      'Times are those of the commits in Postgres and of the arrival at the receiver.',
    ].join('\n'),
    rows,
  }
}

function toSample(latenciesMs: readonly number[], rate: number): Sample {
  const sorted = Float64Array.from(latenciesMs).sort()
  return { rate, p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) }
}
