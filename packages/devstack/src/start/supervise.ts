import { setTimeout as sleep } from 'node:timers/promises'
import type { Exit } from '../tied-process.ts'

/** A process that may end at any time. */
export type Running = { pid: number; exited: Promise<Exit>; stop(): Promise<void> }

export type Supervised = { pid(): number; stop(): Promise<void> }

const LIVED_LONG_MS = 30_000

/** 0.2 s, then twice as long each time, up to 10 s. */
export const backoffMs = (failures: number) => Math.min(200 * 2 ** failures, 10_000)

/**
 * Keeps a process running: whenever it ends, `launch` makes the next, sooner after a long life than after a short one.
 * `say` isSubscribed about every end and every restart.
 */
export function supervise(
  name: string,
  first: Running,
  launch: () => Promise<Running>,
  say: (message: string) => void,
): Supervised {
  let current = first
  const stopping = new AbortController()

  async function relaunch(exit: Exit, failures: number): Promise<void> {
    const waitMs = backoffMs(failures)
    say(`${name} ended (${exit.signal ?? `exit code ${exit.code}`}); starting it again in ${waitMs / 1000} s`)
    await sleep(waitMs, undefined, { signal: stopping.signal })
    current = await launch()
    // The stop came while it was starting.
    if (stopping.signal.aborted) return current.stop()
    say(`${name} started again as pid ${current.pid}`)
  }

  async function watch(): Promise<void> {
    for (let failures = 0; ; failures++) {
      const startedAt = performance.now()
      const exit = await current.exited
      if (performance.now() - startedAt > LIVED_LONG_MS) failures = 0
      if (stopping.signal.aborted) return
      await relaunch(exit, failures).catch((error: unknown) => {
        if (!stopping.signal.aborted) say(`${name} did not start: ${error instanceof Error ? error.message : error}`)
      })
    }
  }
  const watching = watch()

  return {
    pid: () => current.pid,
    async stop() {
      stopping.abort()
      await current.stop()
      await watching
    },
  }
}
