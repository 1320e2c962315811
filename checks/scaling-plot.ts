import { scenarios } from '../packages/operations/test/support/scaling/scenarios.ts'
import { type Moment, simulate, simulatedSeconds } from '../packages/operations/test/support/scaling/simulation.ts'

const panel = { width: 420, height: 150, left: 44, right: 52, top: 30, bottom: 24 }
const columns = 2
const [inner, outer] = [panel.width - panel.left - panel.right, panel.height - panel.top - panel.bottom]
const everySeconds = 15
const colours = { workers: '#0b6e99', pending: '#c4620a', axis: '#8a8a8a' }

type Line = 'workers' | 'pending'
const figureOf: Record<Line, (moment: Moment) => number> = {
  workers: ({ workers }) => workers,
  pending: ({ work }) => work.pendingDeliveries,
}

/** Returns the plot of all simulated scenarios as SVG: the workers, and the events that are not handled yet. */
export function scalingPlot(): string {
  const rows = Math.ceil(scenarios.length / columns)
  const size = `viewBox="0 0 ${panel.width * columns} ${panel.height * rows + 20}"`
  const panels = scenarios.map((scenario, i) => {
    const at = `translate(${(i % columns) * panel.width} ${Math.floor(i / columns) * panel.height + 20})`
    return `<g transform="${at}">${drawPanel(scenario.name, simulate(scenario))}</g>`
  })
  const legend =
    text(panel.left, 14, 'workers', colours.workers) + text(panel.left + 60, 14, 'pending events', colours.pending)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="11" role="img">`,
    '<title>Simulated workers and pending events over an hour</title>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    legend,
    ...panels,
    '</svg>\n',
  ].join('\n')
}

function drawPanel(name: string, moments: readonly Moment[]): string {
  const shown = moments.filter(({ second }) => second % everySeconds === 0)
  const most = { workers: highest(shown, 'workers'), pending: highest(shown, 'pending') }
  const base = panel.top + outer
  const border = `M${panel.left} ${panel.top}V${base}H${panel.left + inner}V${panel.top}`
  const frame = `<path d="${border}" fill="none" stroke="${colours.axis}"/>`
  const line = (of: Line) => {
    const points = shown.map((moment) => {
      const x = panel.left + (moment.second / simulatedSeconds) * inner
      return `${x.toFixed(1)},${(base - (figureOf[of](moment) / most[of]) * outer).toFixed(1)}`
    })
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colours[of]}" stroke-width="1.5"/>`
  }
  return [
    text(panel.left, panel.top - 8, name, '#222'),
    frame,
    line('pending'),
    line('workers'),
    text(panel.left - 6, panel.top + 8, String(most.workers), colours.workers, 'end'),
    text(panel.left - 6, base, '0', colours.workers, 'end'),
    text(panel.left + inner + 6, panel.top + 8, most.pending.toLocaleString('en'), colours.pending),
    text(panel.left, base + 15, '0', colours.axis),
    text(panel.left + inner, base + 15, '60 min', colours.axis, 'end'),
  ].join('')
}

const highest = (moments: readonly Moment[], of: Line) => Math.max(1, ...moments.map(figureOf[of]))

const text = (x: number, y: number, content: string, fill: string, anchor = 'start') =>
  `<text x="${x}" y="${y}" fill="${fill}" text-anchor="${anchor}">${content}</text>`
