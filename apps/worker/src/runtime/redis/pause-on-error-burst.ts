import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'bullmq'

const perSecond = 10
const restMs = 1_000

/**
 * A Redis that refuses every command (full, say) makes BullMQ ask again at once, thousands of times per second. More than a
 * few errors within a second, and the worker fetches nothing for a second; jobs that run go on.
 */
export function pauseOnErrorBurst(worker: Worker, signal: AbortSignal): void {
  let errors = 0
  let since = 0
  let resting = false
  worker.on('error', () => {
    const now = performance.now()
    if (now - since > 1_000) [since, errors] = [now, 0]
    errors++
    if (resting || errors <= perSecond) return
    resting = true
    const over = () => {
      resting = false
    }
    rest(worker, signal).then(over, over)
  })
}

async function rest(worker: Worker, signal: AbortSignal): Promise<void> {
  await worker.pause(true)
  await sleep(restMs, undefined, { signal }).catch(() => undefined)
  if (!signal.aborted) await worker.resume()
}
