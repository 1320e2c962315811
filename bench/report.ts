import { ratios, type Sample, type Spread, spread } from './rounds.ts'
import { judge, type Target } from './targets.ts'

/**
 * One line of the result: the measured variant, its baseline, their ratio, and both in absolute terms. With a `unit`,
 * the value is an amount instead of a ratio.
 */
export type Row = {
  measured: string
  against: string
  value: Spread
  unit?: string
  absolute: string
  baseline: string
  target?: Target
}
export type Section = { title: string; note: string; rows: readonly Row[] }

type Names = { measured: string; against: string; target?: Target }
type Compared = Names & { of: readonly Sample[]; baseline: readonly Sample[]; by?: keyof Sample }

/** Returns the row of `of` divided by `baseline`. */
export const compare = ({ of, baseline, by = 'rate', ...names }: Compared): Row => ({
  ...names,
  value: ratios(of, baseline, by),
  absolute: describe(of),
  baseline: describe(baseline),
})

const figure = (value: number) => (Number.isFinite(value) ? value.toPrecision(value < 0.1 ? 1 : 2) : '–')
const decimals = (value: number) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)

/** Returns the medians over the rounds, as `4.8 k/s, p50 12.1 p99 20.3 ms, 105 µs CPU`. */
export function describe(samples: readonly Sample[]): string {
  const median = (of: keyof Sample) => spread(samples.flatMap((sample) => sample[of] ?? [])).median
  const latency = Number.isFinite(median('p99Ms'))
    ? `p50 ${decimals(median('p50Ms'))} p99 ${decimals(median('p99Ms'))} ms`
    : undefined
  const cpu = Number.isFinite(median('cpuMicros')) ? `${Math.round(median('cpuMicros'))} µs CPU` : undefined
  return [perSecond(median('rate')), latency, cpu].filter(Boolean).join(', ')
}

const perSecond = (rate: number) => (rate >= 1_000 ? `${(rate / 1_000).toFixed(1)} k/s` : `${Math.round(rate)}/s`)

/** Returns the result as Markdown: the conditions of the measurement, the rows with targets, then all rows. */
export function toMarkdown(sections: readonly Section[], conditions: readonly string[]): string {
  const parts = sections.map(({ title, note, rows }) => [`## ${title}`, note, sectionTable(rows)])
  const head = ['# Benchmarks', conditions.map((line) => `- ${line}`).join('\n'), ...targetTable(sections)]
  return [head, ...parts].flat().join('\n\n').concat('\n')
}

const sectionTable = (rows: readonly Row[]): string =>
  table(
    ['measured', 'against', 'ratio (min–max)', 'measured, absolute', 'baseline, absolute'],
    rows.map((row) => [row.measured, row.against, valueText(row), row.absolute, row.baseline]),
  )

/** Returns the rows with targets. Returns nothing when no row has one. */
function targetTable(sections: readonly Section[]): string[] {
  const rows = sections.flatMap((section) =>
    section.rows.flatMap(({ target, ...row }) => (target ? [{ ...row, target }] : [])),
  )
  if (rows.length === 0) return []
  const lines = rows.map(({ target, ...row }) => [
    row.measured,
    row.against,
    valueText(row),
    boundText(target, target.must),
    target.aim === undefined ? '–' : boundText(target, target.aim),
    judge(row.value.median, target),
  ])
  return ['## Targets', table(['measured', 'against', 'ratio (min–max)', 'must', 'aim', 'result'], lines)]
}

const boundText = ({ best }: Target, bound: number) => `${best === 'high' ? '≥' : '≤'} ${bound}`

const table = (header: readonly string[], lines: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const valueText = ({ value: { median, min, max }, unit }: Pick<Row, 'value' | 'unit'>) =>
  `**${ratioFigure(median)}**${unit ? ` ${unit}` : ''} (${ratioFigure(min)}–${ratioFigure(max)})`
const ratioFigure = (value: number) =>
  value >= 10 ? value.toFixed(0) : value >= 0.095 ? value.toFixed(2) : figure(value)
