/** The parts of a `.cpuprofile` that the summary reads. Times are microseconds. */
export type CpuProfile = {
  nodes: readonly { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: readonly number[]
  timeDeltas: readonly number[]
}

type Frame = CpuProfile['nodes'][number]['callFrame']
type Window = { loadedMs: number; stopMs: number; requests: number }

const maxFunctions = 30
const maxModules = 12

/**
 * Returns the functions and the modules with the most time of their own, as Markdown. Only samples from the load count:
 * the profile also has the boot before it, and `stopMs` after it.
 */
export function summarizeProfile(profile: CpuProfile, { loadedMs, stopMs, requests }: Window): string {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
  const [functions, modules] = [new Map<string, number>(), new Map<string, number>()]
  const add = (times: Map<string, number>, key: string, micros: number) =>
    times.set(key, (times.get(key) ?? 0) + micros)
  const endMicros = profile.timeDeltas.reduce((sum, delta) => sum + delta, 0)
  const [fromMicros, toMicros] = [endMicros - (stopMs + loadedMs) * 1_000, endMicros - stopMs * 1_000]
  let at = 0
  for (const [place, node] of profile.samples.entries()) {
    const micros = profile.timeDeltas[place] ?? 0
    at += micros
    const frame = frames.get(node)
    if (at <= fromMicros || at > toMicros || !frame || frame.functionName === '(idle)') continue
    add(functions, `${frame.functionName || '(anonymous)'} | ${placeOf(frame)}`, micros)
    add(modules, moduleOf(frame), micros)
  }
  const total = [...modules.values()].reduce((sum, micros) => sum + micros, 0)
  const top = (times: Map<string, number>, count: number) =>
    [...times]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(
        ([key, micros]) => `| ${((micros / total) * 100).toFixed(1)} % | ${(micros / requests).toFixed(1)} | ${key} |`,
      )
  return [
    `${Math.round(requests)} requests, ${Math.round(total / requests)} µs per request, without idle time.`,
    ['| share | µs per request | module |', '|---|---|---|', ...top(modules, maxModules)].join('\n'),
    ['| share | µs per request | function | place |', '|---|---|---|---|', ...top(functions, maxFunctions)].join('\n'),
  ].join('\n\n')
}

/** Returns the path without the folders of this machine. */
function placeOf({ url, lineNumber }: Frame): string {
  if (url === '') return 'native'
  const path = url.split('/node_modules/').at(-1) ?? url
  return `${path.replace(/^file:\/\/.*?\/(apps|packages)\//, '$1/')}:${lineNumber + 1}`
}

/** Returns the npm package, the package of this repository, `node:` or `native`. */
function moduleOf(frame: Frame): string {
  const place = placeOf(frame)
  if (frame.url === '') return frame.functionName === '(garbage collector)' ? 'garbage collector' : 'native'
  if (place.startsWith('node:')) return 'Node'
  return place
    .split('/')
    .slice(0, /^(@|apps\/|packages\/)/.test(place) ? 2 : 1)
    .join('/')
}
