import { setTimeout as sleep } from 'node:timers/promises'

type Until = { timeoutMs?: number; describe?: string | (() => string) }

/**
 * Polls until `condition` returns a truthy value, and returns that value. A condition that throws, such as a failed
 * expectation, is polled again.
 * @throws after `timeoutMs` (120 s by default, below the limit of a test), with `describe` and the last value or error
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 120_000, describe }: Until = {},
): Promise<T> {
  const startedAt = performance.now()
  let last: { value: T } | { error: unknown }
  for (let waitMs = 5; ; waitMs = Math.min(waitMs * 1.5, 50)) {
    last = await attempt(condition)
    if ('value' in last && last.value) return last.value
    if (performance.now() - startedAt > timeoutMs) break
    await sleep(waitMs)
  }
  const expected = (typeof describe === 'function' ? describe() : describe) ?? condition.toString()
  if ('error' in last)
    throw new Error(`not within ${timeoutMs} ms: ${expected}; last error: ${last.error}`, { cause: last.error })
  throw new Error(`not within ${timeoutMs} ms: ${expected}; last value: ${JSON.stringify(last.value)}`)
}

async function attempt<T>(condition: () => T | Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await condition() }
  } catch (error) {
    return { error }
  }
}
