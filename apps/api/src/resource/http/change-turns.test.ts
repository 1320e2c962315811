import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type ChangeTurns, createChangeTurns } from './change-turns.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const limits = { least: 2, besideMs: 100, maxWaitMs: 5_000 }

/** Takes turns for changes, and records by name which have begun and which came too late. */
function createChanges(turns: ChangeTurns) {
  const begun: string[] = []
  const late: string[] = []
  const take = (key: string, name = key) => {
    const { wait, end } = turns.take(key)
    if (wait) void wait.then((hasTurn) => void (hasTurn ? begun : late).push(name))
    else begun.push(name)
    return end
  }
  return { begun, late, take, takeMany: (key: string, count: number) => Array.from({ length: count }, () => take(key)) }
}
const countOf = (names: readonly string[], name: string) => names.filter((each) => each === name).length
/** Lets the changes begin that have got their turn. */
const letBegin = () => vi.advanceTimersByTimeAsync(0)

test('a user without others never waits', () => {
  const turns = createChangeTurns(limits)
  const { begun, takeMany } = createChanges(turns)
  const ends = takeMany('ada', 50)
  for (const end of ends) end()
  takeMany('bob', 50)
  expect(begun).toHaveLength(100)
  expect(turns.countWaiting()).toBe(0)
  expect(turns.counts).toEqual({ atOnce: 100, waited: 0, refused: 0 })
})

test('changes of a user wait in their order while another user has changes, and that user does not wait', async () => {
  const turns = createChangeTurns(limits)
  const { begun, take } = createChanges(turns)
  take('bob')
  const ends = ['first', 'second', 'third', 'fourth', 'fifth'].map((name) => take('ada', name))
  take('bob')
  expect(begun).toEqual(['bob', 'first', 'second', 'bob'])
  expect(turns.countWaiting()).toBe(3)
  ends[1]?.()
  await letBegin()
  expect(begun.slice(4)).toEqual(['third'])
  take('ada', 'sixth')
  ends[0]?.()
  ends[2]?.()
  await letBegin()
  expect(begun.slice(4)).toEqual(['third', 'fourth', 'fifth'])
  expect(turns.countWaiting()).toBe(1)
})

test('a user may run as many changes as each of the others has on average', () => {
  const { begun, takeMany } = createChanges(createChangeTurns(limits))
  takeMany('bob', 2)
  takeMany('eve', 6)
  expect(countOf(begun, 'eve')).toBe(2)
  takeMany('ada', 10)
  // Bob has two changes and eve six, of which four wait.
  expect(countOf(begun, 'ada')).toBe(4)
})

test('two users with equally many changes do not wait for each other', () => {
  const { begun, takeMany } = createChanges(createChangeTurns(limits))
  const ends = takeMany('ada', 20)
  takeMany('bob', 20)
  expect(countOf(begun, 'bob')).toBe(20)
  for (const end of ends) {
    end()
    takeMany('ada', 1)
  }
  expect(countOf(begun, 'ada')).toBe(40)
})

test('changes that run already go on when another user comes, and later ones wait until few enough run', async () => {
  const { begun, take, takeMany } = createChanges(createChangeTurns(limits))
  const ends = takeMany('ada', 5)
  take('bob')
  take('ada', 'later')
  for (const end of ends.slice(0, 3)) end()
  await letBegin()
  expect(begun).not.toContain('later')
  ends[3]?.()
  await letBegin()
  expect(begun).toContain('later')
})

test('changes that wait begin when the others have been gone for some time', async () => {
  const { begun, take, takeMany } = createChanges(createChangeTurns(limits))
  const end = take('bob')
  takeMany('ada', 10)
  end()
  await vi.advanceTimersByTimeAsync(50)
  const endAgain = take('bob')
  await vi.advanceTimersByTimeAsync(80)
  expect(countOf(begun, 'ada')).toBe(2)
  endAgain()
  await vi.advanceTimersByTimeAsync(99)
  expect(countOf(begun, 'ada')).toBe(2)
  await vi.advanceTimersByTimeAsync(2)
  expect(countOf(begun, 'ada')).toBe(10)
})

test('a change that comes soon after the last one of the others waits until they have been gone for long', async () => {
  const { begun, take, takeMany } = createChanges(createChangeTurns(limits))
  const end = take('bob')
  take('ada')
  end()
  takeMany('ada', 9)
  expect(countOf(begun, 'ada')).toBe(2)
  await vi.advanceTimersByTimeAsync(101)
  expect(countOf(begun, 'ada')).toBe(10)
})

test('a change whose client goes away leaves the line, and takes no turn of a later one', async () => {
  const turns = createChangeTurns(limits)
  const { begun, take } = createChanges(turns)
  take('bob')
  const [first, , gone] = ['first', 'second', 'gone', 'next'].map((name) => take('ada', name))
  gone?.()
  gone?.()
  expect(turns.countWaiting()).toBe(1)
  first?.()
  first?.()
  await letBegin()
  expect(begun).toEqual(['bob', 'first', 'second', 'next'])
})

test('a change that gets no turn in time does not run, and those before and after it do', async () => {
  const turns = createChangeTurns(limits)
  const { begun, late, take } = createChanges(turns)
  take('bob')
  const ends = ['first', 'second', 'third'].map((name) => take('ada', name))
  await vi.advanceTimersByTimeAsync(3_000)
  take('ada', 'fourth')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(late).toEqual(['third'])
  ends[0]?.()
  await letBegin()
  expect(begun).toEqual(['bob', 'first', 'second', 'fourth'])
  expect(turns.counts).toEqual({ atOnce: 3, waited: 1, refused: 1 })
})

test('all changes that wait begin when the turns are closed, and no later one waits', async () => {
  const { begun, take, takeMany } = createChanges(createChangeTurns(limits))
  const turns = createChangeTurns(limits)
  const closing = createChanges(turns)
  take('bob')
  takeMany('ada', 10)
  closing.take('bob')
  closing.takeMany('ada', 10)
  turns.close()
  closing.takeMany('ada', 10)
  await letBegin()
  expect(countOf(closing.begun, 'ada')).toBe(20)
  expect(countOf(begun, 'ada')).toBe(2)
})
