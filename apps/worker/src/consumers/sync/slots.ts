/** A job has events of a webhook, or the turn of its sync run. */
export type JobKind = 'events' | 'run'

/**
 * Jobs of one target that run at once in a process. Others wait, so that one target cannot take every slot. A sync run
 * has a slot of its own: under many events it would hardly ever get one of theirs.
 */
export const maxJobsOfTarget: Readonly<Record<JobKind, number>> = { events: 2, run: 1 }

/** The running jobs of a target, with the one that asks: those of its kind, and all. */
export type RunningJobs = { ofKind: number; all: number }

/** Counts the running jobs of each target. The queue's concurrency bounds it. */
export function createSlots() {
  const running = new Map<string, Record<JobKind, number>>()
  return {
    take(target: string, kind: JobKind): RunningJobs {
      const counts = running.get(target) ?? { events: 0, run: 0 }
      counts[kind]++
      running.set(target, counts)
      return { ofKind: counts[kind], all: counts.events + counts.run }
    },
    release(target: string, kind: JobKind): void {
      const counts = running.get(target)
      if (!counts) return
      counts[kind]--
      if (counts.events + counts.run === 0) running.delete(target)
    },
  }
}
