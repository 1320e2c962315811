import { setTimeout as sleep } from 'node:timers/promises'
import { consumerNames } from '@goals-tasks/events'
import { type Context, clearEvents } from '../context.ts'
import { untilDone } from '../deliveries.ts'
import { loadProgram } from '../http.ts'
import { type Program, startBaseline, startWorker } from '../programs.ts'
import { describe, type Row, type Section } from '../report.ts'
import { requestsAs } from '../requests.ts'
import { interleave, type Sample, type Spread, spread } from '../rounds.ts'
import { taskRanges } from '../seed.ts'
import { targets } from '../targets.ts'

const maxRows = 2_000

/** The tables that keep a change: its event with its readers, and its audit row. */
const kept = { event: ['events', 'event_readers'], 'audit row': ['task_audit_log'] } as const

/** Measures the WAL of a PATCH without the images of pages that are changed for the first time after a checkpoint. */
export async function wal(context: Context): Promise<Section> {
  const minimal = await startBaseline(context.servers, 'minimal-server')
  try {
    await setPageImages(context, 'off')
    const [changeOurs, changeTheirs] = [changeAllOf(context, context.api), changeAllOf(context, minimal)]
    const variants = {
      ours: () => measure(context, changeOurs),
      theirs: () => measure(context, changeTheirs),
      effects: () => measureEffects(context, changeOurs),
    }
    const samples = await interleave(variants, { rounds: 2, warmUp: true })
    const theirs = `minimal server: ${kilobytes(samples.theirs).median.toFixed(2)} kB`
    const row = (measured: string, value: Spread, of: readonly Sample[], baseline = '–'): Row => ({
      ...{ measured, against: 'no baseline: kB', value, unit: 'kB', absolute: describe(of), baseline },
    })
    return {
      title: 'Write-ahead log',
      note: [
        'With full_page_writes off, after each row was changed once. 1 kB is 1,000 bytes.',
        'No worker runs, except for the changes with their effects: there one runs all consumers until none is left.',
      ].join('\n'),
      rows: [
        { ...row('WAL per PATCH /v1/tasks/{id}', kilobytes(samples.ours), samples.ours, theirs), target: targets.wal },
        row('WAL per PATCH with its effects', kilobytes(samples.effects), samples.effects),
        ...(['event', 'audit row'] as const).map((name) =>
          row(
            `disk for the ${name} of a PATCH`,
            spread(samples.effects.map((sample) => sample[name])),
            samples.effects,
          ),
        ),
      ],
    }
  } finally {
    await setPageImages(context, 'on')
    await minimal.stop()
    await clearEvents(context)
  }
}

const kilobytes = (samples: readonly WalSample[]) => spread(samples.map((sample) => sample.kilobytes))

async function setPageImages({ pool }: Context, value: 'on' | 'off'): Promise<void> {
  await pool.query(`alter system set full_page_writes = ${value}`)
  await pool.query('select pg_reload_conf()')
  // The checkpointer reads the new value, and no query shows when it has.
  await sleep(1_000)
}

type Changed = { sample: Sample; count: number }
type WalSample = Sample & { count: number; kilobytes: number }

/** Returns a function that changes every row once. */
function changeAllOf(context: Context, program: Program): () => Promise<Changed> {
  const { patchTask } = requestsAs(context.token)
  const [from, to] = taskRanges(context.rows).wal
  const count = Math.min(to - from + 1, maxRows)
  let version = 0
  return async () => {
    version++
    let row = from
    const next = () => (row < from + count ? patchTask({ row: row++, version }) : undefined)
    return { sample: await loadProgram({ seconds: 60 }, { program, expect: 200, next }), count }
  }
}

/** Returns the WAL of a change, and the number of changes. */
async function measure(context: Context, changeAll: () => Promise<Changed>): Promise<WalSample> {
  const before = await position(context)
  const { sample, count } = await changeAll()
  return { ...sample, count, kilobytes: ((await position(context)) - before) / count / 1_000 }
}

/** Returns the WAL of a change and of all its effects, and the disk that they occupy. */
async function measureEffects(context: Context, changeAll: () => Promise<Changed>) {
  await clearEvents(context)
  const worker = await startWorker(context.servers)
  try {
    // A worker begins its maintenance a second after its start.
    await sleep(3_000)
    const empty = await sizes(context)
    const sample = await measure(context, async () => {
      const changed = await changeAll()
      await untilDone(context, consumerNames)
      return changed
    })
    const full = await sizes(context)
    const kilobytesOf = (name: keyof typeof kept) => (full[name] - empty[name]) / sample.count / 1_000
    return { ...sample, event: kilobytesOf('event'), 'audit row': kilobytesOf('audit row') }
  } finally {
    await worker.stop()
  }
}

async function position({ pool }: Context): Promise<number> {
  const { rows } = await pool.query(`select (pg_current_wal_insert_lsn() - '0/0')::float8 as bytes`)
  return rows[0].bytes
}

/** Returns the bytes of the tables with their indexes. */
async function sizes({ pool }: Context) {
  const sizeOf = async (tables: readonly string[]): Promise<number> => {
    const { rows } = await pool.query(
      `select sum(pg_total_relation_size(name::regclass) + coalesce(
         (select sum(pg_total_relation_size(relid)) from pg_partition_tree(name::regclass) where isleaf), 0))::float8
         as bytes
       from unnest($1::text[]) name`,
      [tables],
    )
    return rows[0].bytes
  }
  return { event: await sizeOf(kept.event), 'audit row': await sizeOf(kept['audit row']) }
}
