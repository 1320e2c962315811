import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Generation } from './generation.ts'

export type Bypass = ReturnType<typeof createBypass>

const retryMs = () => 100 + Math.random() * 100

/**
 * Decides whether this process bypasses the whole cache. A bypass starts when the process cannot repeat an invalidation
 * that it missed, or may have missed others. It ends once the global generation has been bumped after that, by this
 * process or by a faster one.
 */
export function createBypass(
  generation: Pick<Generation, 'current' | 'bumpFrom'>,
  log: Pick<Logger, 'info' | 'warn'>,
  onBump: () => void,
) {
  let starts = 0
  let isActive = false
  let ending = Promise.resolve()
  let isEnding = false
  const closed = new AbortController()

  const pause = () => sleep(retryMs(), undefined, { signal: closed.signal, ref: false })

  async function end(): Promise<void> {
    isEnding = true
    while (isActive && !closed.signal.aborted) {
      const before = starts
      // A bypass that started again meanwhile needs another bump: this one may have come before the missed change.
      if ((await bumpAfter(before)) && starts === before) {
        isActive = false
        log.info('cache on again')
      } else await pause().catch(() => undefined)
    }
    isEnding = false
  }

  /**
   * Makes one attempt with a generation that it reads after the start of the bypass. If that generation is gone later,
   * a bump came after the start. Returns whether there was such a bump.
   */
  async function bumpAfter(start: number): Promise<boolean> {
    try {
      const seen = await generation.current()
      for (;;) {
        const outcome = await generation.bumpFrom(seen)
        if (outcome === 'bumped') onBump()
        if (outcome !== 'too soon') return true
        if (starts !== start) return false
        await pause()
      }
    } catch {
      // Redis is still down. Its connection reports that.
      return false
    }
  }

  return {
    isActive: () => isActive,
    start(reason: string): void {
      starts++
      if (closed.signal.aborted) return
      if (!isActive) log.warn({ reason }, 'cache off until it is voided')
      isActive = true
      if (!isEnding) ending = end()
    },
    async close(): Promise<void> {
      closed.abort()
      await ending
    },
  }
}
