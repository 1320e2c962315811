import { measureCpuMicroseconds } from './cpu-shares.ts'
import type { Sample } from './rounds.ts'

/**
 * Adds up what the requests of a load cost each of these processes. `measure` runs a load, which returns its result and
 * the number of its requests. `describe` returns the CPU time per request so far, as `the load 21, the API 142,
 * Postgres 96, Redis 11: 270 µs`.
 */
export function createRequestCosts(pids: Record<string, number>) {
  const micros = new Map<string, number>()
  let requests = 0
  async function measure<T>(load: () => Promise<[result: T, requests: number]>): Promise<T> {
    const microsSoFar = measureCpuMicroseconds(pids)
    const [result, count] = await load()
    requests += count
    for (const [name, spent] of Object.entries(microsSoFar())) micros.set(name, (micros.get(name) ?? 0) + spent)
    return result
  }
  return {
    measure,
    /** Measures a load that returns its rate. */
    measureRate(load: () => Promise<Sample>): Promise<Sample> {
      const startedAt = performance.now()
      return measure(async () => {
        const sample = await load()
        return [sample, (sample.rate * (performance.now() - startedAt)) / 1_000]
      })
    },
    /** Forgets the loads so far, for example those of a warm-up. */
    clear(): void {
      micros.clear()
      requests = 0
    },
    describe(): string {
      const perRequest = (spent: number) => Math.round(spent / requests)
      const parts = [...micros].map(([name, spent]) => `${name} ${perRequest(spent)}`)
      return `${parts.join(', ')}: ${perRequest([...micros.values()].reduce((sum, spent) => sum + spent, 0))} µs`
    },
  }
}

export type RequestCosts = ReturnType<typeof createRequestCosts>

/** Returns a line of a note per kind of request: what it costs the service and the minimal server. */
export const compareCosts = <K extends string>(ours: Record<K, RequestCosts>, theirs: Record<K, RequestCosts>) => [
  'CPU per request in µs, in the service and in the minimal server:',
  ...(Object.keys(ours) as K[]).map(
    (what) => `- ${what}: ${ours[what].describe()}; minimal: ${theirs[what].describe()}`,
  ),
]
