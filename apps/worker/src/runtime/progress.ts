/** When something last finished an attempt of any kind, on the clock of `performance.now()`. */
export type Progress = { lastAt: number }

/** How one consumer advances in this process. `jobs` are those that this process runs now. */
export type ConsumerProgress = Progress & { jobs: Set<Progress> }

export const startProgress = (): ConsumerProgress => ({ lastAt: performance.now(), jobs: new Set() })

/**
 * Adds a running job to the progress of its consumer. Call `note` after each attempt, and `end` after the job: both
 * count for the consumer too.
 */
export function startJob(consumer: ConsumerProgress) {
  const job: Progress = { lastAt: performance.now() }
  consumer.jobs.add(job)
  const note = (): void => {
    job.lastAt = performance.now()
    noteProgress(consumer)
  }
  return {
    note,
    end(): void {
      consumer.jobs.delete(job)
      note()
    },
  }
}

export const noteProgress = (progress: Progress): void => {
  progress.lastAt = performance.now()
}
