import { expect, test } from 'vitest'
import { until } from '../testing.ts'
import type { Exit } from '../tied-process.ts'
import { backoffMs, type Running, supervise } from './supervise.ts'

/** A stand-in for a process: it ends when told to. */
function mortal(pid: number): Running & { die(exit: Exit): void } {
  const { promise, resolve } = Promise.withResolvers<Exit>()
  return { pid, exited: promise, die: resolve, stop: async () => resolve({ code: 0, signal: null }) }
}

test('a process that ends is started again, and the reason is told', async () => {
  const said: string[] = []
  const first = mortal(1)
  const supervised = supervise(
    'worker',
    first,
    async () => mortal(2),
    (message) => said.push(message),
  )
  first.die({ code: null, signal: 'SIGKILL' })
  await until(() => supervised.pid() === 2)
  await supervised.stop()
  expect(said).toEqual(['worker ended (SIGKILL); starting it again in 0.2 s', 'worker started again as pid 2'])
})

test('a failed restart is told and tried again', async () => {
  const said: string[] = []
  const first = mortal(1)
  let launches = 0
  const launch = async () => {
    launches += 1
    if (launches === 1) throw new Error('no memory')
    return mortal(3)
  }
  const supervised = supervise('Redis', first, launch, (message) => said.push(message))
  first.die({ code: 1, signal: null })
  await until(() => supervised.pid() === 3)
  await supervised.stop()
  expect(said).toContain('Redis did not start: no memory')
})

test('a process that was asked to stop stays stopped, also while it waits to be started again', async () => {
  const first = mortal(1)
  const never = () => Promise.reject(new Error('launched'))
  await supervise('api', first, never, () => undefined).stop()

  const second = mortal(2)
  const said: string[] = []
  const supervised = supervise('api', second, never, (message) => said.push(message))
  second.die({ code: 1, signal: null })
  await until(() => said.length === 1)
  await supervised.stop()
  expect(said).toHaveLength(1)
})

test('a process that comes up while everything stops is stopped too', async () => {
  const first = mortal(1)
  const late = mortal(2)
  const launching = Promise.withResolvers<void>()
  const { promise, resolve } = Promise.withResolvers<Running>()
  const launch = () => {
    launching.resolve()
    return promise
  }
  const supervised = supervise('api', first, launch, () => undefined)
  first.die({ code: 1, signal: null })
  await launching.promise
  const stopped = supervised.stop()
  resolve(late)
  await stopped
  expect(await late.exited).toEqual({ code: 0, signal: null })
})

test('the wait grows with each failure and has an end', () => {
  expect([0, 1, 2, 20].map(backoffMs)).toEqual([200, 400, 800, 10_000])
})
