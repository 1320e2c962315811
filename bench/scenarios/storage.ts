import type { Context } from '../context.ts'
import { type Sizes, sizeOf, sizeOfPlainCopy } from '../plain-copy.ts'
import type { Row, Section } from '../report.ts'
import { spread } from '../rounds.ts'
import { targets } from '../targets.ts'

/** Measures the bytes of a task on disk. Runs first: later scenarios add rows and old versions. */
export async function storage({ pool, rows }: Context): Promise<Section> {
  const ours = await sizeOf(pool, 'tasks')
  const plain = await sizeOfPlainCopy(pool)
  const lean = await sizeOf(pool, 'bench_tasks')
  const row = (measured: string, part: keyof Sizes, against: string, baseline: Sizes): Row => ({
    measured,
    against,
    value: spread([ours[part] / baseline[part]]),
    absolute: `${Math.round(ours[part] / rows)} bytes`,
    baseline: `${Math.round(baseline[part] / rows)} bytes`,
  })
  return {
    title: 'Storage',
    note: `${rows} tasks without assignees, as inserted. The table includes TOAST and both maps.`,
    rows: [
      { ...row('table and indexes per task', 'total', sameIndexes, plain), target: targets.bytes },
      row('table per task', 'table', sameIndexes, plain),
      row('table and indexes per task', 'total', threeIndexes, lean),
    ],
  }
}

const sameIndexes = 'the same columns and indexes in full pages'
const threeIndexes = 'the same columns with 3 indexes'
