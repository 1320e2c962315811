/** Jobs of one target that run at once in a process. Others wait, so that one target cannot take every slot. */
export const maxJobsOfTarget = 2

/** Counts the running jobs of each target. The queue's concurrency bounds it. */
export function createSlots() {
  const running = new Map<string, number>()
  return {
    /** @returns how many jobs of the target run with this one */
    take(target: string): number {
      const count = (running.get(target) ?? 0) + 1
      running.set(target, count)
      return count
    },
    release(target: string): void {
      const left = (running.get(target) ?? 1) - 1
      if (left > 0) running.set(target, left)
      else running.delete(target)
    },
  }
}
