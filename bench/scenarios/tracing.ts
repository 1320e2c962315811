import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Context, clearEvents, patience } from '../context.ts'
import { copyEdited, createSourceFolder } from '../faults/sources.ts'
import { loadProgram } from '../http.ts'
import { type Program, startApi, startApiOf } from '../programs.ts'
import { compare, type Row, type Section } from '../report.ts'
import { requestsAs, walkRows } from '../requests.ts'
import { interleave, type Sample, warmUp } from '../rounds.ts'
import { seeded, taskRanges } from '../seed.ts'
import { targets } from '../targets.ts'

const file = 'packages/tracing/src/index.ts'

/** The same functions, which do nothing but call their work. */
const without = `
export const SpanKind = { INTERNAL: 0, SERVER: 1, CLIENT: 2, PRODUCER: 3, CONSUMER: 4 }
export const beginRequestTrace = () => undefined
export const currentOrigin = () => undefined
export const inSpan = (name, options, work) => work()
export const inSpanOf = (origin, name, options, work) => work()
export const runFor = (origins, work) => work()
export const startTracing = async () => ({ close: async () => undefined })
export const carriedTrace = () => ({})
export const originOf = () => undefined
export const traceHeaders = () => ({})
`

/** Two processes of the same program differ by several percent for as long as they run, so each variant has more. */
const processesPerVariant = 3

/** Measures what traces cost an API: while they are off, and when one of a hundred requests is kept. */
export async function tracing(context: Context): Promise<Section> {
  const { folder, remove } = await createSourceFolder()
  const collector = await startCollector()
  copyEdited(folder, { file, replace: readFileSync(join(import.meta.dirname, '../..', file), 'utf8'), by: without })
  const variants = {
    off: await startEach(() => startApi(context.servers, patience)),
    removed: await startEach(() => startApiOf(context.servers, folder, patience)),
    sampled: await startEach(() =>
      startApi(context.servers, {
        ...patience,
        ...{ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' },
        OTEL_TRACES_SAMPLER_ARG: '0.01',
      }),
    ),
  }
  try {
    return await measure(context, variants)
  } finally {
    await Promise.all(Object.values(variants).flatMap((programs) => programs.map((program) => program.stop())))
    collector.close()
    remove()
  }
}

type Variants = Record<'off' | 'removed' | 'sampled', readonly Program[]>

const startEach = (start: () => Promise<Program>) => Promise.all(Array.from({ length: processesPerVariant }, start))

/** Returns a function that loads the next process of a variant. */
function inTurn(programs: readonly Program[], load: (program: Program) => Promise<Sample>): () => Promise<Sample> {
  let turn = 0
  return () => load(programs[turn++ % programs.length] as Program)
}

async function measure(context: Context, { off, removed, sampled }: Variants): Promise<Section> {
  const { rounds, rows, token } = context
  const requests = requestsAs(token)
  const [nextGoal, nextTask] = [walkRows(seeded.hot), walkRows(taskRanges(rows).tracing)]
  const read = (programs: readonly Program[]) =>
    inTurn(programs, (program) =>
      loadProgram(context, { program, expect: 200, next: () => requests.readGoal(nextGoal().row) }),
    )
  const patch = (programs: readonly Program[]) =>
    inTurn(programs, (program) =>
      loadProgram(context, { program, expect: 200, next: () => requests.patchTask(nextTask()) }),
    )
  const reads = { readOff: read(off), readRemoved: read(removed), readSampled: read(sampled) }
  const patches = { patchOff: patch(off), patchRemoved: patch(removed), patchSampled: patch(sampled) }
  // The code that runs for one of a hundred requests is compiled late.
  for (let turn = 0; turn < processesPerVariant; turn++) await warmUp(Object.values(reads))
  await warmUp(Object.values(patches))
  const samples = await interleave({ ...reads, ...patches }, { rounds, warmUp: false })
  await clearEvents(context)
  type Variant = keyof typeof samples
  const rowsOf = (request: string, of: Variant, baseline: Variant): Row[] => {
    const isOff = of.endsWith('Off')
    const names = { against: isOff ? 'the same sources without traces' : 'traces off' }
    const compared = { ...names, of: samples[of], baseline: samples[baseline] }
    const measured = `${request}, ${isOff ? 'traces off' : '1 % of the traces'}`
    return [
      compare({ ...compared, measured, target: isOff ? targets.tracesOff : targets.tracesSampled }),
      compare({
        ...{ ...compared, measured: `${measured}: CPU of the API per request`, by: 'cpuMicros' },
        target: isOff ? targets.tracesOffCpu : targets.tracesSampledCpu,
      }),
    ]
  }
  const [aRead, aPatch] = ['GET /v1/goals/{id}, cached', 'PATCH /v1/tasks/{id}']
  return {
    title: 'Traces',
    note: [
      'The collector runs in the process of the load, and takes every span. The CPU varies less than the rate.',
      `Each variant has ${processesPerVariant} processes, which take turns by round.`,
    ].join('\n'),
    rows: [
      ...rowsOf(aRead, 'readOff', 'readRemoved'),
      ...rowsOf(aPatch, 'patchOff', 'patchRemoved'),
      ...rowsOf(aRead, 'readSampled', 'readOff'),
      ...rowsOf(aPatch, 'patchSampled', 'patchOff'),
    ],
  }
}

/** Starts a collector of OTLP that keeps nothing. */
async function startCollector() {
  const server = createServer((request, response) => {
    request.resume()
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close().closeAllConnections() }
}
