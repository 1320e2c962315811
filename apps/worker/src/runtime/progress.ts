/** How one consumer advances in this process. */
export type Progress = {
  /** When this process last finished an attempt of any kind, on the clock of `performance.now()`. */
  lastAt: number
  /** Jobs that this process runs now. */
  running: number
}

export const startProgress = (): Progress => ({ lastAt: performance.now(), running: 0 })

export const noteProgress = (progress: Progress): void => {
  progress.lastAt = performance.now()
}
