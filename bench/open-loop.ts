import { setImmediate, setTimeout as sleep } from 'node:timers/promises'

/**
 * Starts `work` `perSecond` times a second for `seconds`. Each start happens at its time, even when earlier work is
 * still running. So a slow response cannot hide the wait that it causes.
 * @throws the first error of `work`, at once, when the running work has ended
 */
export async function openLoop(perSecond: number, seconds: number, work: () => Promise<unknown>): Promise<void> {
  const startedAt = performance.now()
  const errors: unknown[] = []
  const running: Promise<unknown>[] = []
  for (let n = 0; n < perSecond * seconds && errors.length === 0; n++) {
    const waitMs = startedAt + (n * 1_000) / perSecond - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    // A late loop lets responses in, too.
    else if (n % 20 === 0) await setImmediate()
    running.push(work().catch((error: unknown) => errors.push(error)))
  }
  await Promise.all(running)
  if (errors.length > 0) throw errors[0]
}
