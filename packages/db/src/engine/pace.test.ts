import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Overloaded } from './overloaded.ts'
import { createPace, type Pace } from './pace.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const large = { smallRows: 20, rows: 21 }
/** A quarter of the time, and no burst. */
const strict = { smallRows: large.smallRows, share: 1 / 4, burstMs: 0, maxPauseMs: 60_000, maxWaitMs: 600_000 }

/** Runs changes that take some time, and records when each began to write and how many run. */
function createChanges(pace: Pace) {
  const begun: { name: string; at: number }[] = []
  const startedAt = performance.now()
  let running = 0
  let most = 0
  const change = (key: string, { tookMs = 100, rows = large.rows, name = key } = {}) =>
    pace.run(key, async (turn) => {
      turn.begin(rows)
      begun.push({ name, at: performance.now() - startedAt })
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, tookMs))
      running--
      return name
    })
  return { change, begun, mostAtOnce: () => most }
}

test('a large change of a key waits for the one before it and for a pause, and another key does not wait', async () => {
  const { change, begun } = createChanges(createPace(strict))
  const all = Promise.all([change('ada'), change('ada'), change('bob'), change('ada')])
  await vi.runAllTimersAsync()
  await all
  expect(begun).toEqual([
    { name: 'ada', at: 0 },
    { name: 'bob', at: 0 },
    { name: 'ada', at: 400 },
    { name: 'ada', at: 800 },
  ])
})

test('a small change never waits', async () => {
  const { change, begun } = createChanges(createPace(strict))
  const all = Promise.all([change('ada'), change('ada', { rows: 20, name: 'small' }), change('ada')])
  await vi.runAllTimersAsync()
  await all
  expect(begun.slice(0, 2)).toEqual([
    { name: 'ada', at: 0 },
    { name: 'small', at: 0 },
  ])
})

test('large changes need no pause when they are short and seldom', async () => {
  const { change, begun } = createChanges(createPace({ ...strict, burstMs: 100 }))
  for (let i = 0; i < 5; i++) {
    await Promise.all([change('ada', { tookMs: 20 }), vi.advanceTimersByTimeAsync(80)])
  }
  expect(begun.map(({ at }) => at)).toEqual([0, 80, 160, 240, 320])
})

test('large changes of a key take no more than their share when they come without an end', async () => {
  const pace = createPace({ ...strict, burstMs: 200 })
  const { change, mostAtOnce } = createChanges(pace)
  const lengths = [1, 30, 700, 90, 5, 1_500, 400]
  let tookMs = 0
  let isOver = false
  const send = async (client: number) => {
    for (let i = client; !isOver; i++) {
      const length = lengths[i % lengths.length] ?? 0
      await change('ada', { tookMs: length })
      tookMs += length
    }
  }
  const clients = Promise.all([send(0), send(3), send(5)])
  await vi.advanceTimersByTimeAsync(100_000)
  expect(mostAtOnce()).toBe(1)
  expect(tookMs).toBeLessThanOrEqual(25_000 + 200 + 1_500)
  expect(tookMs).toBeGreaterThan(22_000)
  isOver = true
  await vi.runAllTimersAsync()
  await clients
})

test('a pause has a limit', async () => {
  const { change, begun } = createChanges(createPace({ ...strict, maxPauseMs: 1_000 }))
  const all = Promise.all([change('ada', { tookMs: 9_000 }), change('ada')])
  await vi.runAllTimersAsync()
  await all
  expect(begun.map(({ at }) => at)).toEqual([0, 10_000])
})

test('a large change is refused and never begins when it got no turn in time', async () => {
  const pace = createPace({ ...strict, maxWaitMs: 50 })
  const { change, begun } = createChanges(pace)
  const first = change('ada')
  const refused = expect(change('ada')).rejects.toBeInstanceOf(Overloaded)
  await vi.advanceTimersByTimeAsync(50)
  await refused
  await vi.runAllTimersAsync()
  await first
  expect(begun).toHaveLength(1)
  expect(pace.counts).toEqual({ atOnce: 1, waited: 0, refused: 1 })
})

test('a large change is refused at once when too many wait', async () => {
  const pace = createPace({ ...strict, maxQueued: 2 })
  const { change } = createChanges(pace)
  const waiting = [change('ada'), change('ada'), change('ada')]
  await vi.advanceTimersByTimeAsync(1)
  expect(pace.countWaiting()).toBe(2)
  await expect(change('ada')).rejects.toBeInstanceOf(Overloaded)
  await vi.runAllTimersAsync()
  await Promise.all(waiting)
  expect(pace.counts).toEqual({ atOnce: 1, waited: 2, refused: 1 })
})

test('an error of a large change reaches its caller, and the next one gets the turn', async () => {
  const pace = createPace(strict)
  const failing = pace.run('ada', async (turn) => {
    turn.begin(large.rows)
    await Promise.resolve()
    throw new Error('no')
  })
  const { change } = createChanges(pace)
  const next = change('ada')
  await Promise.all([expect(failing).rejects.toThrow('no'), vi.runAllTimersAsync()])
  expect(await next).toBe('ada')
})

test('a work that has its turn and turns out to be small passes the turn on without a pause', async () => {
  const pace = createPace(strict)
  const { change, begun } = createChanges(pace)
  const first = change('ada')
  let tries = 0
  const shrinking = pace.run('ada', async (turn) => turn.begin(++tries === 1 ? large.rows : 1))
  const last = change('ada')
  await vi.runAllTimersAsync()
  await Promise.all([first, shrinking, last])
  expect(begun.map(({ at }) => at)).toEqual([0, 400])
})

test('pauses end when the pace is closed, and waiting works run one after the other', async () => {
  const pace = createPace(strict)
  const { change, begun } = createChanges(pace)
  const all = Promise.all([change('ada'), change('ada'), change('ada')])
  await vi.advanceTimersByTimeAsync(150)
  pace.close()
  await vi.runAllTimersAsync()
  await all
  expect(begun.map(({ at }) => at)).toEqual([0, 150, 250])
  expect(vi.getTimerCount()).toBe(0)
})

test('a key is forgotten when its large changes have had their share', async () => {
  const { change } = createChanges(createPace(strict))
  const all = Promise.all(['ada', 'bob', 'eve'].map((key) => change(key)))
  await vi.advanceTimersByTimeAsync(399)
  await all
  expect(vi.getTimerCount()).toBe(3)
  await vi.advanceTimersByTimeAsync(1)
  expect(vi.getTimerCount()).toBe(0)
})
