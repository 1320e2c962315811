import type { Context } from '../context.ts'
import type { Row, Section } from '../report.ts'
import { spread } from '../rounds.ts'
import { targets } from '../targets.ts'

/** Measures the bytes of a task on disk. Runs first: later scenarios add rows and old versions. */
export async function storage({ pool, rows }: Context): Promise<Section> {
  const [ours, plain] = [await sizeOf('tasks'), await sizeOf('bench_tasks')]

  async function sizeOf(table: string) {
    const { rows: found } = await pool.query(
      'select pg_table_size($1::regclass)::float8 as heap, pg_indexes_size($1::regclass)::float8 as indexes',
      [table],
    )
    const { heap, indexes } = found[0]
    return { heap: heap / rows, indexes: indexes / rows, total: (heap + indexes) / rows }
  }
  const row = (measured: string, part: keyof typeof ours): Row => ({
    measured,
    against: 'the same columns with 3 indexes',
    value: spread([ours[part] / plain[part]]),
    absolute: `${Math.round(ours[part])} bytes`,
    baseline: `${Math.round(plain[part])} bytes`,
  })
  return {
    title: 'Storage',
    note: `${rows} tasks without assignees, as inserted. The table includes TOAST and both maps.`,
    rows: [
      { ...row('table and indexes per task', 'total'), target: targets.bytes },
      row('table per task', 'heap'),
      row('indexes per task', 'indexes'),
    ],
  }
}
