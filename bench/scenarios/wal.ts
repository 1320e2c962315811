import { setTimeout as sleep } from 'node:timers/promises'
import { type Context, clearEvents } from '../context.ts'
import { loadProgram } from '../http.ts'
import { type Program, startBaseline } from '../programs.ts'
import { describe, type Section } from '../report.ts'
import { requestsAs } from '../requests.ts'
import { interleave, type Sample, spread } from '../rounds.ts'
import { taskRanges } from '../seed.ts'
import { targets } from '../targets.ts'

const maxRows = 2_000

/** Measures the WAL of a PATCH without the images of pages that are changed for the first time after a checkpoint. */
export async function wal(context: Context): Promise<Section> {
  const minimal = await startBaseline(context.servers, 'minimal-server')
  try {
    await setPageImages(context, 'off')
    const [ours, theirs] = [changeAllOf(context, context.api), changeAllOf(context, minimal)]
    const samples = await interleave({ ours, theirs }, { rounds: 2, warmUp: true })
    const kilobytes = (list: readonly WalSample[]) => spread(list.map((sample) => sample.kilobytes))
    return {
      title: 'Write-ahead log',
      note: 'With full_page_writes off, after each row was changed once. 1 kB is 1,000 bytes. No worker runs.',
      rows: [
        {
          measured: 'WAL per PATCH /v1/tasks/{id}',
          against: 'no baseline: kB',
          value: kilobytes(samples.ours),
          unit: 'kB',
          absolute: describe(samples.ours),
          baseline: `minimal server: ${kilobytes(samples.theirs).median.toFixed(2)} kB`,
          target: targets.wal,
        },
      ],
    }
  } finally {
    await setPageImages(context, 'on')
    await minimal.stop()
    await clearEvents(context)
  }
}

async function setPageImages({ pool }: Context, value: 'on' | 'off'): Promise<void> {
  await pool.query(`alter system set full_page_writes = ${value}`)
  await pool.query('select pg_reload_conf()')
  // The checkpointer reads the new value, and no query shows when it has.
  await sleep(1_000)
}

type WalSample = Sample & { kilobytes: number }

/** Returns a function that changes every row once and returns the WAL of a change. */
function changeAllOf(context: Context, program: Program): () => Promise<WalSample> {
  const { pool, rows, token } = context
  const { patchTask } = requestsAs(token)
  const [from, to] = taskRanges(rows).wal
  const count = Math.min(to - from + 1, maxRows)
  let version = 0

  const position = async (): Promise<number> => {
    const { rows: found } = await pool.query(`select (pg_current_wal_insert_lsn() - '0/0')::float8 as bytes`)
    return found[0].bytes
  }
  return async () => {
    version++
    let row = from
    const next = () => (row < from + count ? patchTask({ row: row++, version }) : undefined)
    const before = await position()
    const sample = await loadProgram({ seconds: 60 }, { program, expect: 200, next })
    return { ...sample, kilobytes: ((await position()) - before) / count / 1_000 }
  }
}
