import { setTimeout as sleep } from 'node:timers/promises'
import { backoffMs, classify } from './classify-error.ts'

const pause = { baseMs: 200, capMs: 2_000 }

/**
 * Runs `work`, and repeats it while our own Postgres or Redis is away. Meanwhile the job keeps its slot, so the
 * process takes no new ones. Throws every other error to the caller.
 * @throws AbortError when `signal` ends the wait
 */
export async function retryWhileUnavailable<T>(
  work: () => Promise<T>,
  { signal, onOutage }: { signal: AbortSignal; onOutage: (error: unknown) => void },
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await work()
    } catch (error) {
      if (classify(error) !== 'infrastructure') throw error
      onOutage(error)
      await sleep(backoffMs(failures, pause), undefined, { signal })
    }
  }
}
