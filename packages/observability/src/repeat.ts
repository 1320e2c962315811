export type Repeating = { close(): Promise<void> }

/**
 * Runs `work` after `firstAfterMs`, by default at once, and again `everyMs` after each end. The wait varies by a fifth,
 * so that processes which start together drift apart. Reports an error and goes on.
 */
export function repeat(
  work: () => Promise<void>,
  everyMs: number,
  onError: (error: Error) => void,
  firstAfterMs = 0,
): Repeating {
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let running: Promise<void> | undefined
  if (firstAfterMs === 0) start()
  else startAfter(firstAfterMs)

  function start(): void {
    running = run()
  }
  function startAfter(ms: number): void {
    timer = setTimeout(start, ms * (0.8 + Math.random() * 0.4))
  }
  async function run(): Promise<void> {
    await work().catch(onError)
    if (!closed) startAfter(everyMs)
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
