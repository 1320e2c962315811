import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { createNaturalBatch } from './natural-batch.ts'
import { Overloaded } from './overloaded.ts'
import type { Executor } from './statement.ts'
import { waitsOf } from './waits.ts'

/** Returns a `send` that stays pending until `answer` is called, and the batches that it was called with. */
function hangingServer() {
  const sent: number[][] = []
  const answers: (() => void)[] = []
  const send = (inputs: readonly number[]) => {
    sent.push([...inputs])
    return new Promise<number[]>((resolve) => answers.push(() => resolve([...inputs])))
  }
  return { sent, send, answer: () => answers.shift()?.() }
}
const limits = { maxInFlight: 1, maxInputs: 100, maxQueued: 3, maxWaitMs: 10_000 }

test('a call is refused when the queue is full, and the queued calls are sent', async () => {
  const { sent, send, answer } = hangingServer()
  const call = createNaturalBatch(send, limits)
  const first = call(0)
  await nextTurn()
  const queued = [1, 2, 3].map(call)
  await expect(call(4)).rejects.toBeInstanceOf(Overloaded)
  answer()
  await first
  await nextTurn()
  answer()
  expect(await Promise.all(queued)).toEqual([1, 2, 3])
  expect(sent).toEqual([[0], [1, 2, 3]])
})

test('calls with one key are in one trip at a time, once, and do not hold up other keys', async () => {
  const { sent, send, answer } = hangingServer()
  const call = createNaturalBatch(
    send,
    { ...limits, maxInFlight: 2, maxQueued: 10 },
    {
      keyOf: (input) => `${input % 10}`,
    },
  )
  const calls = [1, 11, 2, 21].map(call)
  await nextTurn()
  expect(sent).toEqual([[1, 2]])
  calls.push(call(3), call(12))
  await nextTurn()
  expect(sent).toEqual([[1, 2], [3]])
  answer()
  await calls[0]
  await nextTurn()
  expect(sent).toEqual([[1, 2], [3], [11, 12]])
  answer()
  await calls[4]
  await nextTurn()
  expect(sent).toHaveLength(3)
  answer()
  await calls[1]
  await nextTurn()
  answer()
  expect(await Promise.all(calls)).toEqual([1, 11, 2, 21, 3, 12])
  expect(sent.at(-1)).toEqual([21])
})

test('a call that waited too long is refused at the next call, and is never sent', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const { sent, send, answer } = hangingServer()
    const call = createNaturalBatch(send, limits)
    const first = call(0)
    await nextTurn()
    const stale = call(1)
    vi.advanceTimersByTime(6_000)
    const fresh = call(2)
    vi.advanceTimersByTime(6_000)
    const last = call(3)
    await expect(stale).rejects.toBeInstanceOf(Overloaded)
    answer()
    await first
    await nextTurn()
    answer()
    expect(await Promise.all([fresh, last])).toEqual([2, 3])
    expect(sent).toEqual([[0], [2, 3]])
  } finally {
    vi.useRealTimers()
  }
})

test('a call that waited too long is refused when a round trip ends, and is never sent', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const { sent, send, answer } = hangingServer()
    const call = createNaturalBatch(send, limits)
    const first = call(0)
    await nextTurn()
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

test('calls with one key count as waiting, and a late one is refused when the call before it ends', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const { sent, send, answer } = hangingServer()
    const call = createNaturalBatch(send, { ...limits, maxQueued: 2 }, { keyOf: () => 'one' })
    const first = call(0)
    await nextTurn()
    const late = call(1)
    vi.advanceTimersByTime(6_000)
    const fresh = call(2)
    await expect(call(3)).rejects.toBeInstanceOf(Overloaded)
    vi.advanceTimersByTime(6_000)
    answer()
    await first
    await expect(late).rejects.toBeInstanceOf(Overloaded)
    await nextTurn()
    answer()
    expect(await fresh).toBe(2)
    expect(sent).toEqual([[0], [2]])
  } finally {
    vi.useRealTimers()
  }
})

test('a call counts as waiting in the queue, but not while it waits for the call with its key', async () => {
  const { send, answer } = hangingServer()
  const { writes } = waitsOf({} as Executor)
  const call = createNaturalBatch(send, limits, { keyOf: (input) => `${input % 10}`, waits: writes })
  const first = call(1)
  await nextTurn()
  const sameKey = call(11)
  expect(writes.oldestMs()).toBe(0)
  const queued = call(2)
  await expect.poll(() => writes.oldestMs()).toBeGreaterThan(0)
  answer()
  await first
  await nextTurn()
  expect(writes.oldestMs()).toBe(0)
  answer()
  expect(await Promise.all([queued, sameKey])).toEqual([2, 11])
})

test.for([
  ['with keys', (input: number) => `${input}`],
  ['without keys', undefined],
] as const)('a trip takes as many calls as its limit, and the next trip waits for its end, %s', async ([, keyOf]) => {
  const { sent, send, answer } = hangingServer()
  const call = createNaturalBatch(send, { ...limits, maxInputs: 2, maxQueued: 10 }, { ...(keyOf && { keyOf }) })
  const calls = [0, 1, 2, 3, 4].map(call)
  await nextTurn()
  expect(sent).toEqual([[0, 1]])
  answer()
  await calls[1]
  await nextTurn()
  expect(sent).toEqual([
    [0, 1],
    [2, 3],
  ])
  answer()
  await calls[3]
  await nextTurn()
  answer()
  expect(await Promise.all(calls)).toEqual([0, 1, 2, 3, 4])
})

test('calls of one turn of the event loop share a trip when microtasks run between them', async () => {
  const { sent, send, answer } = hangingServer()
  const call = createNaturalBatch(send, limits)
  const first = call(0)
  await Promise.resolve()
  const second = call(1)
  await nextTurn()
  expect(sent).toEqual([[0, 1]])
  answer()
  expect(await Promise.all([first, second])).toEqual([0, 1])
})

test('an error of a trip rejects each of its calls, and a later call is sent', async () => {
  const send = vi.fn(async (inputs: readonly number[]) => inputs)
  send.mockRejectedValueOnce(new Error('no answer'))
  const call = createNaturalBatch(send, limits)
  const outcomes = await Promise.allSettled([1, 2, 3].map(call))
  expect(outcomes.map(({ status }) => status)).toEqual(Array(3).fill('rejected'))
  expect(await call(4)).toBe(4)
})
