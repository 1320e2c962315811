import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bundle } from '../../scripts/bundle/bundle.ts'
import { compile } from '../../scripts/bundle/compile.ts'
import type { Context } from '../context.ts'
import { type Program, residentMegabytes, startBundled, startFromSources } from '../programs.ts'
import type { Row, Section } from '../report.ts'
import { interleave, type Sample, spread } from '../rounds.ts'
import { type Target, targets } from '../targets.ts'

const roles = ['api', 'worker', 'ops'] as const
/** After this time an idle process has collected the garbage of its start. */
const idleMs = 3_000

type StartSample = Sample & { startMs: number; megabytes: number; ownMegabytes: number }

/** Measures the time from the start of a process until it is ready, and its memory when it is idle. */
export async function start(context: Context): Promise<Section> {
  const { rounds, servers } = context
  const folder = join(servers.folder, 'bundle')
  await bundle(folder)
  await compile(folder)
  const rows: Row[] = []
  for (const role of roles) {
    const bundled = measure(() => startBundled(servers, folder, role))
    const sources = measure(() => startFromSources(servers, role))
    rows.push(...rowsOf(role, await interleave({ bundled, sources }, { rounds, warmUp: true })))
  }
  return {
    title: 'Start and memory',
    note: `Each process alone, until its \`/readyz\` responds 200; memory after ${idleMs / 1_000} s without work.`,
    rows,
  }
}

const measure = (open: () => Promise<Program>) => async (): Promise<StartSample> => {
  const startedAt = performance.now()
  const program = await open()
  const startMs = performance.now() - startedAt
  await sleep(idleMs)
  const { all, own } = residentMegabytes(program.pid)
  await program.stop()
  return { rate: 1_000 / startMs, startMs, megabytes: all, ownMegabytes: own }
}

type Figure = 'startMs' | 'megabytes' | 'ownMegabytes'
type Measured = { bundled: readonly StartSample[]; sources: readonly StartSample[] }

function rowsOf(role: string, { bundled, sources }: Measured): Row[] {
  const row = (what: string, of: Figure, { unit, target }: { unit: string; target?: Target }): Row => {
    const [ours, theirs] = [bundled, sources].map((samples) => spread(samples.map((sample) => sample[of])))
    return {
      ...{ measured: `${role} from the bundle, ${what}`, against: 'from the sources', unit, ...(target && { target }) },
      value: ours ?? spread([]),
      absolute: `${Math.round(ours?.median ?? Number.NaN)} ${unit}`,
      baseline: `${Math.round(theirs?.median ?? Number.NaN)} ${unit}`,
    }
  }
  return [
    row('start', 'startMs', { unit: 'ms', target: targets.startMs }),
    row('idle memory', 'megabytes', { unit: 'MB', target: targets.residentMegabytes }),
    row('idle memory that no other process shares', 'ownMegabytes', { unit: 'MB' }),
  ]
}
