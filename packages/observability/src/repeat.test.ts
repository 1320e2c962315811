import { expect, test } from 'vitest'
import { repeat } from './repeat.ts'

const hourMs = 3_600_000

function count() {
  const runs = { count: 0 }
  const work = async () => {
    runs.count++
  }
  return { runs, work }
}

function fail(error: Error): never {
  throw error
}

test('the work runs at once', async () => {
  const { runs, work } = count()
  const repeating = repeat(work, hourMs, fail)
  expect(runs.count).toBe(1)
  await repeating.close()
})

test('the work waits for its first time, and does not run when it is closed before', async () => {
  const { runs, work } = count()
  await repeat(work, hourMs, fail, hourMs).close()
  expect(runs.count).toBe(0)
})

test('the work runs after its first time, and again', async () => {
  const twice = Promise.withResolvers<void>()
  const { runs, work } = count()
  const twiceDone = async () => {
    await work()
    if (runs.count === 2) twice.resolve()
  }
  const repeating = repeat(twiceDone, 1, fail, 1)
  await twice.promise
  await repeating.close()
})
