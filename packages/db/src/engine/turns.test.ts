import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createTurns } from './turns.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const limits = { share: 1 / 4, burstMs: 0, maxPauseMs: 60_000, maxQueued: 10, maxWaitMs: 600_000 }

test('a key makes no pause while it does not have to', async () => {
  let isAlone = true
  const turns = createTurns({ ...limits, mustPause: () => !isAlone })
  expect(turns.take('ada')).toBe(true)
  turns.end('ada', 100)
  expect(turns.take('ada')).toBe(true)
  turns.end('ada', 100)
  isAlone = false
  expect(turns.take('ada')).toBe(false)
  expect(turns.take('bob')).toBe(true)
})

test('a caller that stops waiting leaves its place to the next one', async () => {
  const turns = createTurns(limits)
  expect(turns.take('ada')).toBe(true)
  const leaving = new AbortController()
  const first = expect(turns.wait('ada', leaving.signal)).rejects.toThrow('gone')
  const second = turns.wait('ada')
  leaving.abort(new Error('gone'))
  await first
  expect(turns.countWaiting()).toBe(1)
  turns.end('ada', 0)
  await second
  turns.end('ada', 0)
  expect(turns.counts).toEqual({ atOnce: 1, waited: 1, refused: 0 })
  await vi.runAllTimersAsync()
  expect(vi.getTimerCount()).toBe(0)
})
