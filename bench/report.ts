import { type Sample, type Spread, spread } from './rounds.ts'

/** One line of the result: the measured variant, its baseline, their ratio, and both in absolute terms. */
export type Row = { measured: string; against: string; ratio: Spread; absolute: string; baseline: string }
export type Section = { title: string; note: string; rows: readonly Row[] }

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

/** Returns the result as Markdown, with the conditions of the measurement. */
export function toMarkdown(sections: readonly Section[], conditions: readonly string[]): string {
  const parts = sections.map(({ title, note, rows }) => [
    `## ${title}`,
    note,
    [
      '| measured | against | ratio (min–max) | measured, absolute | baseline, absolute |',
      '|---|---|---|---|---|',
      ...rows.map(
        (row) => `| ${row.measured} | ${row.against} | ${ratioText(row.ratio)} | ${row.absolute} | ${row.baseline} |`,
      ),
    ].join('\n'),
  ])
  return [['# Benchmarks', conditions.map((line) => `- ${line}`).join('\n')], ...parts].flat().join('\n\n').concat('\n')
}

const ratioText = ({ median, min, max }: Spread) =>
  `**${ratioFigure(median)}** (${ratioFigure(min)}–${ratioFigure(max)})`
const ratioFigure = (value: number) =>
  value >= 10 ? value.toFixed(0) : value >= 0.095 ? value.toFixed(2) : figure(value)
