import type { CollectedSpan } from './collector.ts'

const [width, left, rowHeight, top] = [860, 330, 22, 36]
const colours: Record<string, string> = {
  'goals-tasks-api': '#0b6e99',
  'goals-tasks-worker': '#c4620a',
  'goals-tasks-ops': '#5a7d2a',
}

const millis = (nanoseconds: string) => Number(BigInt(nanoseconds) / 1_000n) / 1_000

type Row = { span: CollectedSpan; depth: number }

/** Returns the spans below `parentId`, each before its children, in the order of their starts. */
function rowsBelow(spans: readonly CollectedSpan[], parentId: string, depth = 0): Row[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parentId)
    .sort((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))
    .flatMap((span) => [{ span, depth }, ...rowsBelow(spans, span.spanId, depth + 1)])
}

/** Draws the spans of one trace below the span `parentId`, which is no span of ours, as a waterfall in SVG. */
export function drawWaterfall(spans: readonly CollectedSpan[], parentId: string): string {
  const rows = rowsBelow(spans, parentId)
  const begin = Math.min(...rows.map(({ span }) => millis(span.startTimeUnixNano)))
  const total = Math.max(...rows.map(({ span }) => millis(span.endTimeUnixNano))) - begin
  const x = (ms: number) => left + (ms / total) * (width - left - 70)
  const height = top + rows.length * rowHeight + 12
  const services = [...new Set(rows.map(({ span }) => span.service))]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif"`,
    'font-size="12" role="img">',
    '<title>The spans of one request, from the API to the webhook</title>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...services.map((name, i) => text(12 + i * 160, 18, name, colours[name] ?? '#555')),
    ...rows.map(({ span, depth }, i) => {
      const y = top + i * rowHeight
      const [from, to] = [millis(span.startTimeUnixNano) - begin, millis(span.endTimeUnixNano) - begin]
      const bar = `<rect x="${x(from).toFixed(1)}" y="${y + 3}" width="${Math.max(1.5, x(to) - x(from)).toFixed(1)}"`
      return [
        text(12 + depth * 18, y + 15, span.name, '#222'),
        `${bar} height="${rowHeight - 8}" rx="2" fill="${colours[span.service] ?? '#555'}"/>`,
        text(Math.min(x(to) + 5, width - 64), y + 15, `${(to - from).toFixed(1)} ms`, '#666'),
      ].join('')
    }),
    '</svg>\n',
  ].join('\n')
}

const toXml = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const text = (x: number, y: number, value: string, fill: string) =>
  `<text x="${x.toFixed(1)}" y="${y}" fill="${fill}">${toXml(value)}</text>`
