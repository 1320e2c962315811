import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'bullmq'
import type { Context } from '../context.ts'

type Stopping = Pick<Context, 'signal' | 'pause'>

const maxErrorsPerSecond = 10
const pauseMs = 1_000

/**
 * Pauses the worker for a second after more than a few errors within a second. Without a pause BullMQ repeats a refused
 * command at once, thousands of times per second; a full Redis refuses every one. Running jobs go on. The worker stays
 * paused when the consumer has been paused meanwhile.
 */
export function pauseOnErrorBurst(worker: Worker, stopping: Stopping): void {
  let errors = 0
  let since = 0
  let isPaused = false
  worker.on('error', () => {
    const now = performance.now()
    if (now - since > 1_000) [since, errors] = [now, 0]
    errors++
    if (isPaused || errors <= maxErrorsPerSecond) return
    isPaused = true
    const end = () => {
      isPaused = false
    }
    pauseFetching(worker, stopping).then(end, end)
  })
}

async function pauseFetching(worker: Worker, { signal, pause }: Stopping): Promise<void> {
  await worker.pause(true)
  await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
  if (!signal.aborted && !pause.isPaused) await worker.resume()
}
