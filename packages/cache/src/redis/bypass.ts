import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'

export type Trust = ReturnType<typeof createTrust>

export type Swap = {
  /** The global generation as it is. @throws when Redis does not answer */
  current(): Promise<string | null>
  /** Replaces the global generation `seen`, unless somebody else just did. @throws when Redis does not answer */
  replace(seen: string | null): Promise<'swapped' | 'swapped by another' | 'too soon'>
}

const retryMs = () => 100 + Math.random() * 100

/**
 * Whether this process may use the cache. It may not once it could have missed an invalidation, until after that the
 * global generation has been swapped, by itself or by another that was quicker.
 */
export function createTrust(swap: Swap, log: Pick<Logger, 'info' | 'warn'>, onSwap: () => void) {
  let doubts = 0
  let trusted = true
  let regaining = Promise.resolve()
  let isRegaining = false
  const closed = new AbortController()

  async function regain(): Promise<void> {
    isRegaining = true
    while (!trusted && !closed.signal.aborted) {
      const before = doubts
      // Also after success when a new doubt has come meanwhile: that swap may have been too early for it.
      if ((await swapOnce(before)) && doubts === before) {
        trusted = true
        log.info('the cache is trusted again')
      } else await sleep(retryMs(), undefined, { signal: closed.signal, ref: false }).catch(() => undefined)
    }
    isRegaining = false
  }

  /** One attempt with a generation that was read after the doubt: if it is gone later, a swap came after the doubt. */
  async function swapOnce(doubt: number): Promise<boolean> {
    try {
      const seen = await swap.current()
      for (;;) {
        const outcome = await swap.replace(seen)
        if (outcome === 'swapped') onSwap()
        if (outcome !== 'too soon') return true
        if (doubts !== doubt) return false
        await sleep(retryMs(), undefined, { signal: closed.signal, ref: false })
      }
    } catch {
      // Redis is still away, as its connection tells on its own.
      return false
    }
  }

  return {
    isTrusted: () => trusted,
    distrust(why: string): void {
      doubts++
      if (closed.signal.aborted) return
      if (trusted) log.warn({ why }, 'the cache is not used until its generation is swapped')
      trusted = false
      if (!isRegaining) regaining = regain()
    },
    async close(): Promise<void> {
      closed.abort()
      await regaining
    },
  }
}
