import { describe, expect, test } from 'vitest'
import { until } from './until.ts'

describe('until', () => {
  test('returns the first truthy value and polls again after an exception', async () => {
    let calls = 0
    const value = await until(() => {
      calls += 1
      if (calls === 1) throw new Error('not yet')
      return calls === 3 && 'there'
    })
    expect(value).toBe('there')
  })

  test('throws the description and the last value or error when the time is up', async () => {
    const waiting = until(() => 0, { timeoutMs: 20, describe: 'the queue is empty' })
    await expect(waiting).rejects.toThrow('not within 20 ms: the queue is empty; last value: 0')
    const failing = until(() => Promise.reject(new Error('away')), { timeoutMs: 20, describe: 'an answer' })
    await expect(failing).rejects.toThrow('an answer; last error: Error: away')
  })
})
