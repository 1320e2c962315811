import { expect, onTestFinished, test, vi } from 'vitest'
import { throttled } from './throttled.ts'

test('a throttled report is called once in its interval, and again after it', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 0 })
  onTestFinished(() => void vi.useRealTimers())
  const reported: number[] = []
  const report = throttled(60_000, (now: number) => reported.push(now))
  for (const now of [0, 1, 59_999, 60_000, 60_001, 119_999, 120_000]) {
    vi.setSystemTime(now)
    report(now)
  }
  expect(reported).toEqual([0, 60_000, 120_000])
})
