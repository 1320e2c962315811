/** Numbers of occurrences by kind. */
export type Counts = Record<string, number>
/** Adds to the count of a kind, 1 by default. */
export type CountKind = (kind: string, times?: number) => void

export function createCounts(): { counts: Counts; count: CountKind } {
  const counts: Counts = {}
  return {
    counts,
    count(kind, times = 1) {
      if (times > 0) counts[kind] = (counts[kind] ?? 0) + times
    },
  }
}
