import { setImmediate, setTimeout as sleep } from 'node:timers/promises'

/**
 * Starts `work` `perSecond` times a second for `seconds`. Each start happens at its time, even when earlier work is
 * still running. So a slow response cannot hide the wait that it causes.
 */
export async function openLoop(perSecond: number, seconds: number, work: () => Promise<unknown>): Promise<void> {
  const startedAt = performance.now()
  const running: Promise<unknown>[] = []
  for (let n = 0; n < perSecond * seconds; n++) {
    const waitMs = startedAt + (n * 1_000) / perSecond - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    // A late loop lets responses in, too.
    else if (n % 20 === 0) await setImmediate()
    running.push(work())
  }
  await Promise.all(running)
}
