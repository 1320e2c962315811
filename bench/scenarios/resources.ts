import { consumerNames } from '@goals-tasks/events'
import { buildBundle } from '../bundle.ts'
import { type Context, clearEvents, concurrent, patience } from '../context.ts'
import { measureCpuShares } from '../cpu-shares.ts'
import { untilDone } from '../deliveries.ts'
import { loadProgram } from '../http.ts'
import { openLoop } from '../open-loop.ts'
import { postGoal } from '../post-goal.ts'
import { type Program, peakMegabytes, startBundled } from '../programs.ts'
import { describe, type Row, type Section } from '../report.ts'
import { requestsAs } from '../requests.ts'
import { interleave, type Sample, spread } from '../rounds.ts'

/** Below this time most of the CPU would be that of code which V8 has not compiled yet. */
const minSeconds = 10
const roles = ['api', 'worker'] as const

type Used = Sample & { cores: Record<string, number>; megabytes: Record<string, number> }
type Load = (api: Program) => Promise<Sample>

/** Measures the CPU and the memory of working processes of the bundle: the manifests request and limit these. */
export async function resources(context: Context): Promise<Section> {
  const { rounds, servers, token } = context
  const seconds = Math.max(context.seconds, minSeconds)
  const folder = await buildBundle(servers)
  const { createGoal, createLargeGoal } = requestsAs(token)
  const atRate =
    (rate: number): Load =>
    async (api) => {
      await openLoop(rate, seconds, () => postGoal(api, token))
      return { rate }
    }
  const asFastAsPossible =
    (request: Buffer): Load =>
    (program) =>
      loadProgram({ seconds }, { program, expect: 201, next: () => request })
  const loads = {
    '100 creates per second': atRate(100),
    '500 creates per second': atRate(500),
    'creates of 64 clients': asFastAsPossible(createGoal),
    'creates of 64 clients, 36 kB each': asFastAsPossible(createLargeGoal),
  }
  const variants = Object.fromEntries(
    Object.entries(loads).map(([name, load]) => [name, () => measure(context, folder, load)] as const),
  )
  const samples = await interleave(variants, { rounds, warmUp: false })
  return {
    title: 'CPU and memory at work',
    note: [
      `One \`api\` and one \`worker\` from the bundle, fresh in each round, for ${seconds} s.`,
      'CPU of Postgres and Redis includes that of the effects during the load.',
      'CPU is that of the time of the load. Memory is the most since the start, until every event has taken effect.',
    ].join('\n'),
    rows: Object.entries(samples).flatMap(([name, used]) => rowsOf(name, used)),
  }
}

async function measure(context: Context, folder: string, load: Load): Promise<Used> {
  const { servers } = context
  const api = await startBundled(servers, folder, 'api', { HOST: '127.0.0.1', ...patience, ...concurrent })
  const worker = await startBundled(servers, folder, 'worker')
  const pids = { api: api.pid, worker: worker.pid, ...servers.pids }
  const sharesSoFar = measureCpuShares(pids)
  try {
    const sample = await load(api)
    const cores = sharesSoFar()
    await untilDone(context, consumerNames)
    return { ...sample, cores, megabytes: { api: peakMegabytes(pids.api), worker: peakMegabytes(pids.worker) } }
  } finally {
    await Promise.all([api.stop(), worker.stop()])
    await clearEvents(context)
  }
}

function rowsOf(load: string, used: readonly Used[]): Row[] {
  const row = (process: string, unit: string, values: readonly (number | undefined)[]): Row => ({
    ...{ measured: `${process}, ${load}`, against: 'no baseline', unit, absolute: describe(used), baseline: '–' },
    value: spread(values.map((value) => value ?? Number.NaN)),
  })
  const cores = (process: string) => used.map((sample) => sample.cores[process])
  const megabytes = (process: string) => used.map((sample) => sample.megabytes[process])
  return [
    ...roles.flatMap((role) => [row(role, 'cores', cores(role)), row(role, 'MB', megabytes(role))]),
    ...['Postgres', 'Redis'].map((server) => row(server, 'cores', cores(server))),
  ]
}
