/** The result of one run of a variant. `rate` is per second. */
export type Sample = { rate: number; p50Ms?: number; p99Ms?: number; cpuMicros?: number }
type Variants = Record<string, () => Promise<Sample>>
export type Samples<V extends Variants> = { [N in keyof V]: Awaited<ReturnType<V[N]>>[] }

export type Spread = { median: number; min: number; max: number }

/**
 * Runs all variants once per round, every second round in reverse order. So a disturbance of the machine affects all of
 * them, and no variant profits from its position. With `warmUp`, each variant runs once before, and that run does not
 * count.
 */
export async function interleave<V extends Variants>(
  variants: V,
  { rounds, warmUp }: { rounds: number; warmUp: boolean },
): Promise<Samples<V>> {
  const names = Object.keys(variants)
  const samples: Record<string, Sample[]> = Object.fromEntries(names.map((name) => [name, []]))
  if (warmUp) for (const name of names) await variants[name]?.()
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const sample = await variants[name]?.()
      if (sample) samples[name]?.push(sample)
    }
  }
  return samples as Samples<V>
}

/** Runs after which the code of a young process is compiled. Until then a request costs it up to twice as much. */
const youngRuns = 5

/** Runs the loads of young processes in turns, until they run as they will. Nothing of it counts. */
export async function warmUp(loads: readonly (() => Promise<Sample>)[]): Promise<void> {
  for (let run = 0; run < youngRuns; run++) for (const load of loads) await load()
}

/** Divides `measured` by `baseline` in each round, never across rounds. */
export const ratios = (measured: readonly Sample[], baseline: readonly Sample[], of: keyof Sample = 'rate'): Spread =>
  spread(measured.map((sample, round) => (sample[of] ?? Number.NaN) / (baseline[round]?.[of] ?? Number.NaN)))

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: quantile(sorted, 0.5), min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN }
}

/** Returns a quantile of ascending values. Interpolates between neighbours. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN]
  return low + (high - low) * (place - Math.floor(place))
}
