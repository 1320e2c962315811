export type Repeating = { close(): Promise<void> }

/**
 * Runs `work` at once, and again `everyMs` after each end. The wait varies by a fifth, so that processes which start
 * together drift apart. Reports an error and goes on.
 */
export function repeat(work: () => Promise<void>, everyMs: number, onError: (error: Error) => void): Repeating {
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let running: Promise<void> = run()

  async function run(): Promise<void> {
    await work().catch(onError)
    if (closed) return
    timer = setTimeout(
      () => {
        running = run()
      },
      everyMs * (0.8 + Math.random() * 0.4),
    )
  }

  return {
    /** Resolves when `work` has ended and will not run again. */
    async close(): Promise<void> {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}
