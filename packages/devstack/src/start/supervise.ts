import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '@goals-tasks/config/message-of'
import type { Exit } from '../processes/child.ts'

/** A process that may end at any time. */
export type Running = { pid: number; exited: Promise<Exit>; stop(): Promise<void> }

export type Supervised = {
  pid(): number
  /** Stops the process and launches it again at once. Also ends the wait after an exit. */
  restart(reason: string): Promise<void>
  stop(): Promise<void>
}

const longLifeMs = 30_000

/** 0.2 s, then twice as long each time, up to 10 s. */
export const backoffMs = (failures: number) => Math.min(200 * 2 ** failures, 10_000)

/**
 * Keeps a process running: when it ends, `launch` starts the next one, sooner after a long life than after a short one.
 * With `awaitsRestart` a process that ended after a short life stays down until `restart` is called.
 * `log` receives every end and every restart.
 */
export function supervise(options: {
  name: string
  first: Running
  launch: () => Promise<Running>
  log: (message: string, level: 'info' | 'warn') => void
  awaitsRestart?: boolean
}): Supervised {
  const { name, launch, log, awaitsRestart = false } = options
  let current = options.first
  let stopping = false
  let restarting = false
  let wait = new AbortController()

  async function pause(exit: Exit, livedLong: boolean, failures: number): Promise<void> {
    if (stopping || restarting) return
    const end = `${name} ended (${exit.signal ?? `exit code ${exit.code}`})`
    if (awaitsRestart && !livedLong) {
      log(`${end}; waiting for a change`, 'warn')
      await once(wait.signal, 'abort')
    } else {
      const waitMs = backoffMs(failures)
      log(`${end}; starting it again in ${waitMs / 1000} s`, 'warn')
      // An abort ends the wait early and is no error.
      await sleep(waitMs, undefined, { signal: wait.signal }).catch(() => undefined)
    }
  }

  async function relaunch(): Promise<void> {
    const requested = restarting
    restarting = false
    wait = new AbortController()
    current = await launch()
    // `stop` was called during the launch.
    if (stopping) return current.stop()
    if (!requested) log(`${name} started again as pid ${current.pid}`, 'warn')
  }

  async function watch(): Promise<void> {
    for (let failures = 0; ; failures++) {
      const startedAt = performance.now()
      const exit = await current.exited
      const livedLong = performance.now() - startedAt > longLifeMs
      if (livedLong || restarting) failures = 0
      await pause(exit, livedLong, failures)
      if (stopping) return
      await relaunch().catch((error: unknown) => {
        if (!stopping) log(`${name} did not start: ${messageOf(error)}`, 'warn')
      })
    }
  }
  const watching = watch()

  return {
    pid: () => current.pid,
    async restart(reason) {
      // A restart that has not launched yet includes this change too.
      if (stopping || restarting) return
      restarting = true
      log(`${name} restarts: ${reason}`, 'info')
      wait.abort()
      await current.stop()
    },
    async stop() {
      stopping = true
      wait.abort()
      await current.stop()
      await watching
    },
  }
}
