import fc from 'fast-check'

/** A source of random integers that repeats itself for the same seed. */
export type Random = {
  /** Returns an integer from 0 to `limit` - 1. */
  below(limit: number): number
  pick<T>(items: readonly T[]): T
}

const range = 2 ** 30
/** The numbers begin again after so many. */
const period = 5_000

export function createRandom(seed: number): Random {
  const numbers = fc.sample(fc.noBias(fc.nat(range - 1)), { seed, numRuns: period })
  let place = 0
  const below = (limit: number) => Math.floor(((numbers[place++ % period] ?? 0) / range) * limit)
  return {
    below,
    pick<T>(items: readonly T[]): T {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('there is nothing to pick from')
      return item
    },
  }
}
