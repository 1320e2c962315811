import { setTimeout as sleep } from 'node:timers/promises'
import { backoffMs, classify } from './failures.ts'

const pause = { baseMs: 200, capMs: 2_000 }

/**
 * Runs `work` until our own servers let it: while they are away it waits and tries again, so the job that it belongs to
 * stays where it is and takes no new ones. Every other error is the caller's.
 * @throws AbortError when `signal` ends the waiting
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
