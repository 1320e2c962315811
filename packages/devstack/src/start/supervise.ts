import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '@goals-tasks/config/message-of'
import type { Exit } from '../processes/child.ts'

/** A process that may end at any time. */
export type Running = { pid: number; exited: Promise<Exit>; stop(): Promise<void> }

export type Supervised = { pid(): number; stop(): Promise<void> }

const longLifeMs = 30_000

/** 0.2 s, then twice as long each time, up to 10 s. */
export const backoffMs = (failures: number) => Math.min(200 * 2 ** failures, 10_000)

/**
 * Keeps a process running: when it ends, `launch` starts the next one, sooner after a long life than after a short one.
 * `log` receives every end and every restart.
 */
export function supervise(options: {
  name: string
  first: Running
  launch: () => Promise<Running>
  log: (message: string, level: 'warn') => void
}): Supervised {
  const { name, launch, log } = options
  let current = options.first
  const stopping = new AbortController()

  async function relaunch(exit: Exit, failures: number): Promise<void> {
    const waitMs = backoffMs(failures)
    log(`${name} ended (${exit.signal ?? `exit code ${exit.code}`}); starting it again in ${waitMs / 1000} s`, 'warn')
    await sleep(waitMs, undefined, { signal: stopping.signal })
    current = await launch()
    // `stop` was called during the launch.
    if (stopping.signal.aborted) return current.stop()
    log(`${name} started again as pid ${current.pid}`, 'warn')
  }

  async function watch(): Promise<void> {
    for (let failures = 0; ; failures++) {
      const startedAt = performance.now()
      const exit = await current.exited
      if (performance.now() - startedAt > longLifeMs) failures = 0
      if (stopping.signal.aborted) return
      await relaunch(exit, failures).catch((error: unknown) => {
        if (!stopping.signal.aborted) log(`${name} did not start: ${messageOf(error)}`, 'warn')
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
