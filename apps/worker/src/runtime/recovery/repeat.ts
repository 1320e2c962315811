export type Repeating = { close(): Promise<void> }

/**
 * Runs `work` now and then `everyMs` after it ended each time, a little earlier or later, so that processes started
 * together drift apart. An error is told and waits for the next time.
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
    /** Settles when nothing of it runs any more. */
    async close(): Promise<void> {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}
