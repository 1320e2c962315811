import { expect, onTestFinished, test, vi } from 'vitest'
import { createRefusalPace } from './refusal-pace.ts'

/** Starts a pace on a clock of its own. Sending a refusal takes `sendMs`. */
function startPace(sendMs: number) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const sent: { n: number; waitedMs: number }[] = []
  const send = createRefusalPace<{ n: number; since: number }>(({ n, since }) => {
    sent.push({ n, waitedMs: performance.now() - since })
    vi.advanceTimersByTime(sendMs)
  })
  const refuse = (n: number) => send({ n, since: performance.now() })
  return { sent, numbers: () => sent.map(({ n }) => n), refuse }
}

test('a refusal is sent at once while no other one waits', () => {
  const { sent, refuse } = startPace(1)
  for (let n = 0; n < 3; n++) {
    refuse(n)
    expect(sent).toHaveLength(n + 1)
    vi.advanceTimersByTime(9)
  }
})

test('a flood of refusals is sent in order and takes a tenth of the time', () => {
  const { numbers, refuse } = startPace(1)
  for (let n = 0; n < 6; n++) refuse(n)
  expect(numbers()).toEqual([0])
  vi.advanceTimersByTime(8)
  expect(numbers()).toEqual([0])
  vi.advanceTimersByTime(1)
  expect(numbers()).toEqual([0, 1, 2])
  vi.advanceTimersByTime(17)
  expect(numbers()).toEqual([0, 1, 2])
  vi.advanceTimersByTime(1)
  expect(numbers()).toEqual([0, 1, 2, 3, 4])
  vi.runAllTimers()
  expect(numbers()).toEqual([0, 1, 2, 3, 4, 5])
})

test('refusals have no pauses while one of them has waited for two seconds', () => {
  const { sent, refuse } = startPace(1)
  for (let n = 0; n < 2_000; n++) refuse(n)
  vi.runAllTimers()
  expect(sent).toHaveLength(2_000)
  // With pauses the last one would wait for 20 s.
  expect(sent.at(-1)?.waitedMs).toBeLessThan(6_000)
})
