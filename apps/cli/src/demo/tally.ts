/** How often each kind of thing happened. */
export type Counts = Record<string, number>
/** Counts one kind of thing, once unless told otherwise. */
export type Note = (what: string, times?: number) => void

export function createTally(): { counts: Counts; note: Note } {
  const counts: Counts = {}
  return {
    counts,
    note(what, times = 1) {
      if (times > 0) counts[what] = (counts[what] ?? 0) + times
    },
  }
}
