import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createFence } from './fence.ts'
import { Overloaded } from './overloaded.ts'

const limits = { maxRunning: 2, maxQueued: 3, maxWaitMs: 60_000 }

/** Starts works that do not end by themselves. `end` ends the oldest one that has started. */
function createWorks(fence: ReturnType<typeof createFence>) {
  const started: (() => void)[] = []
  let running = 0
  const start = (key: string) =>
    fence(key, async () => {
      running++
      const { promise, resolve } = Promise.withResolvers<void>()
      started.push(resolve)
      await promise
      running--
    })
  return { start, end: () => started.shift()?.(), running: () => running }
}

test('works of one key queue when the key is full, and works of other keys run', async () => {
  const { start, end, running } = createWorks(createFence(limits))
  const works = ['a', 'a', 'a', 'b'].map(start)
  await expect.poll(running).toBe(3)
  end()
  await works[0]
  await expect.poll(running).toBe(3)
  for (let i = 0; i < 3; i++) end()
  await Promise.all(works)
})

test('a work is refused and never runs when the queue of its key is full', async () => {
  const { start, end } = createWorks(createFence(limits))
  const works = Array.from({ length: 5 }, () => start('a'))
  await expect(start('a')).rejects.toBeInstanceOf(Overloaded)
  const ended = Promise.all(works).then(() => true)
  await expect
    .poll(() => {
      end()
      return Promise.race([ended, false])
    })
    .toBe(true)
})

test('a work is refused and never runs when it was not started in time', async () => {
  const { start, end, running } = createWorks(createFence({ ...limits, maxRunning: 1, maxWaitMs: 1 }))
  const first = start('a')
  const late = start('a')
  const refused = expect(late).rejects.toBeInstanceOf(Overloaded)
  await new Promise((resolve) => AbortSignal.timeout(5).addEventListener('abort', resolve))
  end()
  await refused
  await first
  expect(running()).toBe(0)
})

test('an error of a work reaches its caller and frees its place', async () => {
  const fence = createFence({ ...limits, maxRunning: 1 })
  await expect(fence('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await fence('a', async () => 'yes')).toBe('yes')
})

test('a key stays full when one of its works has ended and another one runs', async () => {
  const { start, end, running } = createWorks(createFence(limits))
  const [first, ...others] = ['a', 'a'].map(start)
  await expect.poll(running).toBe(2)
  end()
  await first
  others.push(...['a', 'a'].map(start))
  await expect.poll(running).toBe(2)
  for (let i = 0; i < 2; i++) end()
  await expect.poll(running).toBe(1)
  end()
  await Promise.all(others)
})

test('a fence keeps no memory of keys whose works have ended', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  const fence = createFence(limits)
  const runAll = async (prefix: string) => {
    for (let i = 0; i < 100_000; i++) await fence(`${prefix} ${i}`, async () => undefined)
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  const before = await runAll('warm-up')
  expect((await runAll('measured')) - before).toBeLessThan(10_000_000)
})
