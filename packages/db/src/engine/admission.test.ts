import { expect, test } from 'vitest'
import { createGate } from './admission.ts'

const thresholds = { targetMs: 100, intervalMs: 100, easedMs: 10, maxWaiting: 24 }

/** Returns a gate, and a function that looks at an instant at which the oldest of some work has waited so long. */
function createObservedGate() {
  let [now, oldestMs, count] = [0, 0, 1]
  const changes: boolean[] = []
  const waiting = { oldestMs: () => oldestMs, count: () => count }
  const admits = createGate(thresholds, waiting, { clock: () => now, onChange: (is) => void changes.push(is) })
  const admitsAt = (at: number, waitedMs: number, waitingCount = 1) => {
    ;[now, oldestMs, count] = [at, waitedMs, waitingCount]
    return admits()
  }
  return { admitsAt, changes }
}

/** Looks every 10 ms from `from` to `to`, while the oldest work has always waited `waitedMs`. */
const lookOften = (
  { admitsAt }: ReturnType<typeof createObservedGate>,
  [from, to]: [number, number],
  waitedMs: number,
) => Array.from({ length: (to - from) / 10 + 1 }, (_, i) => admitsAt(from + 10 * i, waitedMs))

test('new work is refused when the oldest work has waited more than the target for the interval', () => {
  const gate = createObservedGate()
  expect(lookOften(gate, [1_000, 1_090], 120)).not.toContain(false)
  expect(gate.admitsAt(1_100, 120)).toBe(false)
  expect(gate.changes).toEqual([true])
})

test('new work is admitted when waits are long but at the target', () => {
  expect(lookOften(createObservedGate(), [1_000, 9_000], 100)).not.toContain(false)
})

test('new work is admitted when one wait within the interval was short', () => {
  const gate = createObservedGate()
  lookOften(gate, [1_000, 1_050], 150)
  gate.admitsAt(1_060, 20)
  expect(lookOften(gate, [1_070, 1_160], 150)).not.toContain(false)
})

test('a long wait is not added to an earlier one when other work began to wait between them', () => {
  const gate = createObservedGate()
  gate.admitsAt(1_000, 150)
  expect(gate.admitsAt(9_000, 150)).toBe(true)
})

test('a hang is an overload when requests come rarely', () => {
  const gate = createObservedGate()
  gate.admitsAt(1_000, 0)
  expect(gate.admitsAt(1_500, 500)).toBe(true)
  expect(gate.admitsAt(2_000, 1_000)).toBe(false)
})

test('a pause of the process is no overload when the next look comes after its work was sent', () => {
  const gate = createObservedGate()
  gate.admitsAt(1_000, 1)
  expect([gate.admitsAt(1_400, 390), gate.admitsAt(1_401, 391), gate.admitsAt(1_402, 2)]).not.toContain(false)
})

test('an overload admits work while nothing waits long, and ends after an interval with few refusals', () => {
  const gate = createObservedGate()
  lookOften(gate, [1_000, 1_100], 200)
  expect(gate.admitsAt(1_110, 11)).toBe(false)
  expect(gate.admitsAt(1_120, 10)).toBe(true)
  expect(gate.admitsAt(1_130, 11)).toBe(false)
  // Three of the first interval were refused, and one of the second.
  lookOften(gate, [1_140, 1_280], 5)
  expect(gate.admitsAt(1_290, 11)).toBe(false)
  expect(gate.changes).toEqual([true])
  expect(gate.admitsAt(1_300, 5)).toBe(true)
  expect(gate.admitsAt(1_301, 90)).toBe(true)
  expect(gate.changes).toEqual([true, false])
})

test('an overload admits no more work than fits into a small batch, and goes on while it refuses some', () => {
  const gate = createObservedGate()
  lookOften(gate, [1_000, 1_100], 200)
  for (let at = 1_110; at < 2_000; at += 10) {
    expect(gate.admitsAt(at, 1, 23)).toBe(true)
    expect(gate.admitsAt(at, 1, 24)).toBe(false)
  }
  expect(gate.changes).toEqual([true])
})

test('an overload ends after 300 intervals without a long wait, although it refuses half of the work', () => {
  const gate = createObservedGate()
  lookOften(gate, [1_000, 1_200], 200)
  const look = (at: number) => gate.admitsAt(at, at % 20 === 0 ? 5 : 40)
  for (let at = 1_210; at < 31_000; at += 10) look(at)
  expect(gate.changes).toEqual([true])
  for (let at = 31_000; at < 31_400; at += 10) look(at)
  expect(gate.changes).toEqual([true, false])
})

test('an overload ends when no request has come for an interval', () => {
  const gate = createObservedGate()
  lookOften(gate, [1_000, 1_100], 200)
  expect(gate.admitsAt(2_000, 5, 500)).toBe(false)
  expect(gate.admitsAt(3_000, 0, 0)).toBe(true)
  expect(gate.admitsAt(4_000, 0, 0)).toBe(true)
  expect(gate.changes).toEqual([true, false])
})

test('a server near its capacity leaves the overload that a stall has begun', () => {
  const { refused, batches } = simulateBatches({ load: 0.95, turnMs: 1, forMs: 10_000, stallMs: 400 })
  expect(refused).toBeGreaterThan(0)
  expect(refused).toBeLessThan(0.1 * batches.reduce((sum, size) => sum + size, 0))
})

test('much work that waits for a short time is no overload', () => {
  const gate = createObservedGate()
  for (let at = 1_000; at < 2_000; at += 10) expect(gate.admitsAt(at, 90, 5_000)).toBe(true)
})

test.for([1, 3, 5])('a server that keeps up refuses nothing when a request takes %i ms', (serviceMs) => {
  expect(simulate({ load: 0.9, serviceMs, forMs: 20_000 }).refused).toBe(0)
})

test.for([1, 3, 5])(
  'a server at four times its capacity works all the time when a request takes %i ms',
  (serviceMs) => {
    const { served, waits } = simulate({ load: 4, serviceMs, forMs: 20_000 })
    expect(served * serviceMs).toBeGreaterThan(0.95 * 20_000)
    // The first waits are those before the overload was noticed.
    expect(Math.max(...waits.slice(waits.length / 4))).toBeLessThan(10 * serviceMs + 60)
  },
)

/** Simulates a server of one request at a time, in virtual time. `load` is the rate of arrivals by its capacity. */
function simulate({ load, serviceMs, forMs }: { load: number; serviceMs: number; forMs: number }) {
  const queue: number[] = []
  const waits: number[] = []
  let [now, freeAt, refused] = [0, 0, 0]
  const waiting = { oldestMs: () => (queue[0] === undefined ? 0 : now - queue[0]), count: () => queue.length }
  const gate = createGate(thresholds, waiting, { clock: () => now })
  const serve = () => {
    for (let since = queue[0]; since !== undefined && Math.max(freeAt, since) <= now; since = queue[0]) {
      queue.shift()
      const startsAt = Math.max(freeAt, since)
      waits.push(startsAt - since)
      freeAt = startsAt + serviceMs
    }
  }
  for (; now < forMs; now += serviceMs / load) {
    serve()
    if (gate()) queue.push(now)
    else refused++
  }
  return { served: waits.length, refused, waits }
}

test('a server that takes batches is busy at four times its capacity, and its batches stay small', () => {
  const { served, batches, capacity } = simulateBatches({ load: 4, turnMs: 5, forMs: 20_000 })
  expect(served).toBeGreaterThan(0.8 * capacity)
  // The first batches are those before the overload was noticed.
  expect(Math.max(...batches.slice(batches.length / 4))).toBeLessThanOrEqual(thresholds.maxWaiting)
})

/**
 * Simulates a server of one batch at a time, in virtual time. All requests of a turn come at once. `capacity` is what
 * 64 clients get, each of which sends its next request after the response. The server stands still for the first
 * `stallMs`.
 */
function simulateBatches({
  load,
  turnMs,
  forMs,
  stallMs = 0,
}: {
  load: number
  turnMs: number
  forMs: number
  stallMs?: number
}) {
  const batchMs = (size: number) => 2 + 0.3 * size
  const perMs = 32 / batchMs(32)
  const batches: number[] = []
  let [now, freeAt, arrived, refused] = [0, stallMs, 0, 0]
  let queue: number[] = []
  const waiting = { oldestMs: () => (queue[0] === undefined ? 0 : now - queue[0]), count: () => queue.length }
  const gate = createGate(thresholds, waiting, { clock: () => now })
  for (; now < forMs; now += turnMs) {
    for (; arrived < now * perMs * load; arrived++)
      if (gate()) queue.push(now)
      else refused++
    for (; freeAt <= now && queue.length > 0; queue = queue.slice(100)) {
      const size = Math.min(queue.length, 100)
      batches.push(size)
      freeAt = Math.max(freeAt, now) + batchMs(size)
    }
  }
  return { served: batches.reduce((sum, size) => sum + size, 0), refused, batches, capacity: perMs * forMs }
}
