import { expect, test, vi } from 'vitest'
import { createNaturalBatch, Overloaded } from './natural-batch.ts'

/** A server that answers when it is told to, and what it was sent. */
function hung() {
  const sent: number[][] = []
  const answers: (() => void)[] = []
  const send = (inputs: readonly number[]) => {
    sent.push([...inputs])
    return new Promise<number[]>((resolve) => answers.push(() => resolve([...inputs])))
  }
  return { sent, send, answer: () => answers.shift()?.() }
}
const limits = { maxInFlight: 1, maxInputs: 100, maxQueued: 3, maxWaitMs: 10_000 }

test('beyond the longest queue a call is refused, and the others are sent all the same', async () => {
  const { sent, send, answer } = hung()
  const call = createNaturalBatch(send, limits)
  const first = call(0)
  await Promise.resolve()
  const queued = [1, 2, 3].map(call)
  await expect(call(4)).rejects.toBeInstanceOf(Overloaded)
  answer()
  await first
  answer()
  expect(await Promise.all(queued)).toEqual([1, 2, 3])
  expect(sent).toEqual([[0], [1, 2, 3]])
})

test('what waited for too long is refused when somebody else asks, and is never sent', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const { sent, send, answer } = hung()
    const call = createNaturalBatch(send, limits)
    const first = call(0)
    await Promise.resolve()
    const stale = call(1)
    vi.advanceTimersByTime(6_000)
    const fresh = call(2)
    vi.advanceTimersByTime(6_000)
    const last = call(3)
    await expect(stale).rejects.toBeInstanceOf(Overloaded)
    answer()
    await first
    answer()
    expect(await Promise.all([fresh, last])).toEqual([2, 3])
    expect(sent).toEqual([[0], [2, 3]])
  } finally {
    vi.useRealTimers()
  }
})

test('what waited for too long is refused when a round trip ends, and is never sent', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const { sent, send, answer } = hung()
    const call = createNaturalBatch(send, limits)
    const first = call(0)
    await Promise.resolve()
    const stale = call(1)
    vi.advanceTimersByTime(12_000)
    answer()
    await first
    await expect(stale).rejects.toBeInstanceOf(Overloaded)
    expect(sent).toEqual([[0]])
  } finally {
    vi.useRealTimers()
  }
})
