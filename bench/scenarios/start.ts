import { setTimeout as sleep } from 'node:timers/promises'
import { buildBundle } from '../bundle.ts'
import type { Context } from '../context.ts'
import { cpuMilliseconds } from '../process-table.ts'
import {
  type Program,
  residentMegabytes,
  runEmptyNode,
  startBaseline,
  startBundled,
  startFromSources,
} from '../programs.ts'
import type { Row, Section } from '../report.ts'
import { interleave, type Sample, type Spread, spread } from '../rounds.ts'
import type { Servers } from '../servers.ts'
import { type Target, targets } from '../targets.ts'

const roles = ['api', 'worker', 'ops'] as const
/** After this time an idle process has collected the garbage of its start. */
const idleMs = 3_000

type Started = Sample & { startMs: number }
type StartSample = Started & { cpuMs: number; megabytes: number; ownMegabytes: number }

/** Measures the time from the start of a process until it is ready, and its memory when it is idle. */
export async function start(context: Context): Promise<Section> {
  const { rounds, servers } = context
  const folder = await buildBundle(servers)
  const rows: Row[] = []
  for (const role of roles) {
    const variants = {
      bundled: measure(() => startBundled(servers, folder, role)),
      sources: measure(() => startFromSources(servers, role)),
      fastify: measureBareFastify(servers),
      node: measureNode,
    }
    rows.push(...rowsOf(role, await interleave(variants, { rounds, warmUp: true })))
  }
  return {
    title: 'Start and memory',
    note: [
      `Each process alone, until its \`/readyz\` responds 200; memory after ${idleMs / 1_000} s without work.`,
      'An empty Node process runs `node --eval 0` until it has ended. Bare Fastify starts from its sources.',
    ].join('\n'),
    rows,
  }
}

const measure = (open: () => Promise<Program>) => async (): Promise<StartSample> => {
  const { startMs, program } = await time(open)
  const cpuMs = cpuMilliseconds(program.pid)
  await sleep(idleMs)
  const { all, own } = residentMegabytes(program.pid)
  await program.stop()
  return { rate: 1_000 / startMs, startMs, cpuMs, megabytes: all, ownMegabytes: own }
}

const measureBareFastify = (servers: Servers) => async (): Promise<Started> => {
  const { startMs, program } = await time(() => startBaseline(servers, 'hello'))
  await program.stop()
  return { rate: 1_000 / startMs, startMs }
}

async function measureNode(): Promise<Started> {
  const { startMs } = await time(runEmptyNode)
  return { rate: 1_000 / startMs, startMs }
}

async function time<T>(open: () => Promise<T>): Promise<{ startMs: number; program: T }> {
  const startedAt = performance.now()
  const program = await open()
  return { startMs: performance.now() - startedAt, program }
}

type Figure = 'startMs' | 'cpuMs' | 'megabytes' | 'ownMegabytes'
type Measured = {
  bundled: readonly StartSample[]
  sources: readonly StartSample[]
  fastify: readonly Started[]
  node: readonly Started[]
}

function rowsOf(role: string, { bundled, sources, fastify, node }: Measured): Row[] {
  const row = (what: string, of: Figure, { unit, target }: { unit: string; target?: Target }): Row => {
    const [ours, theirs] = [bundled, sources].map((samples) => spread(samples.map((sample) => sample[of])))
    return {
      ...{ measured: `${role} from the bundle, ${what}`, against: 'from the sources', unit, ...(target && { target }) },
      value: ours ?? spread([]),
      absolute: amount(ours, unit),
      baseline: amount(theirs, unit),
    }
  }
  return [
    row('start', 'startMs', { unit: 'ms', target: targets.startMs }),
    compareStarts(`${role} from the bundle, start`, bundled, { against: 'an empty Node process', baseline: node }),
    compareStarts(`${role} from the bundle, start`, bundled, { against: 'bare Fastify', baseline: fastify }),
    row('CPU of a start', 'cpuMs', { unit: 'ms' }),
    row('idle memory', 'megabytes', { unit: 'MB', target: targets.residentMegabytes }),
    row('idle memory that no other process shares', 'ownMegabytes', { unit: 'MB' }),
  ]
}

type Baseline = { against: string; baseline: readonly Started[] }

/** Returns the row of the time of a start divided by that of another process in the same round. */
function compareStarts(measured: string, of: readonly Started[], { against, baseline }: Baseline): Row {
  const [ours, theirs] = [of, baseline].map((samples) => spread(samples.map(({ startMs }) => startMs)))
  return {
    ...{ measured, against },
    value: spread(of.map(({ startMs }, round) => startMs / (baseline[round]?.startMs ?? Number.NaN))),
    absolute: amount(ours, 'ms'),
    baseline: amount(theirs, 'ms'),
  }
}

const amount = (value: Spread | undefined, unit: string) => `${Math.round(value?.median ?? Number.NaN)} ${unit}`
