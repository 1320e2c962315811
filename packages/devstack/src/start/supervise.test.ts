import { expect, onTestFinished, test, vi } from 'vitest'
import type { Exit } from '../processes/child.ts'
import { until } from '../testing/until.ts'
import { backoffMs, type Running, supervise } from './supervise.ts'

/** A fake process that ends when `end` or `stop` is called. */
function fakeProcess(pid: number): Running & { end(exit: Exit): void } {
  const { promise, resolve } = Promise.withResolvers<Exit>()
  return { pid, exited: promise, end: resolve, stop: async () => resolve({ code: 0, signal: null }) }
}
const crashed: Exit = { code: 1, signal: null }

function recorder() {
  const messages: string[] = []
  return { messages, log: (message: string) => messages.push(message) }
}

test('a process that ends is started again, and the reason is logged', async () => {
  const { messages, log } = recorder()
  const first = fakeProcess(1)
  const supervised = supervise({ name: 'worker', first, launch: async () => fakeProcess(2), log })
  first.end({ code: null, signal: 'SIGKILL' })
  await until(() => supervised.pid() === 2)
  await supervised.stop()
  expect(messages).toEqual(['worker ended (SIGKILL); starting it again in 0.2 s', 'worker started again as pid 2'])
})

test('a failed launch is logged and tried again', async () => {
  const { messages, log } = recorder()
  const first = fakeProcess(1)
  let launches = 0
  const launch = async () => {
    launches += 1
    if (launches === 1) throw new Error('no memory')
    return fakeProcess(3)
  }
  const supervised = supervise({ name: 'Redis', first, launch, log })
  first.end(crashed)
  await until(() => supervised.pid() === 3)
  await supervised.stop()
  expect(messages).toContain('Redis did not start: no memory')
})

test('a stopped process stays stopped, also when it was waiting for its next start', async () => {
  const never = () => Promise.reject(new Error('launched'))
  await supervise({ name: 'api', first: fakeProcess(1), launch: never, log: () => undefined }).stop()

  const { messages, log } = recorder()
  const second = fakeProcess(2)
  const supervised = supervise({ name: 'api', first: second, launch: never, log })
  second.end(crashed)
  await until(() => messages.length === 1)
  await supervised.stop()
  expect(messages).toHaveLength(1)
})

test('a process is stopped when its launch finishes after the stop', async () => {
  const first = fakeProcess(1)
  const late = fakeProcess(2)
  const launching = Promise.withResolvers<void>()
  const { promise, resolve } = Promise.withResolvers<Running>()
  const launch = () => {
    launching.resolve()
    return promise
  }
  const supervised = supervise({ name: 'api', first, launch, log: () => undefined })
  first.end(crashed)
  await launching.promise
  const stopped = supervised.stop()
  resolve(late)
  await stopped
  expect(await late.exited).toEqual({ code: 0, signal: null })
})

test('a restart stops the process, starts the next one at once and logs only the reason', async () => {
  const { messages, log } = recorder()
  const first = fakeProcess(1)
  const supervised = supervise({ name: 'worker', first, launch: async () => fakeProcess(2), log })
  await Promise.all([supervised.restart('a.ts changed'), supervised.restart('b.ts changed')])
  await until(() => supervised.pid() === 2)
  await supervised.stop()
  expect(await first.exited).toEqual({ code: 0, signal: null })
  expect(messages).toEqual(['worker restarts: a.ts changed'])
})

test('with awaitsRestart a process that ended stays down until it is restarted', async () => {
  const { messages, log } = recorder()
  const first = fakeProcess(1)
  const launch = async () => fakeProcess(2)
  const supervised = supervise({ name: 'worker', first, launch, log, awaitsRestart: true })
  first.end(crashed)
  await until(() => messages.length === 1)
  expect(supervised.pid()).toBe(1)
  await supervised.restart('a.ts changed')
  await until(() => supervised.pid() === 2)
  await supervised.stop()
  expect(messages).toEqual(['worker ended (exit code 1); waiting for a change', 'worker restarts: a.ts changed'])
})

test('with awaitsRestart a process that waits for a restart can be stopped', async () => {
  const { messages, log } = recorder()
  const first = fakeProcess(1)
  const never = () => Promise.reject(new Error('launched'))
  const supervised = supervise({ name: 'worker', first, launch: never, log, awaitsRestart: true })
  first.end(crashed)
  await until(() => messages.length === 1)
  await supervised.stop()
  expect(messages).toHaveLength(1)
})

test('the wait doubles with each failure up to 10 s', () => {
  expect([0, 1, 2, 20].map(backoffMs)).toEqual([200, 400, 800, 10_000])
})

test('the wait is short again when the process has lived long since its last failure', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { messages, log } = recorder()
  const [first, second] = [fakeProcess(1), fakeProcess(2)]
  const next = [second, fakeProcess(3)]
  const launch = async () => next.shift() ?? fakeProcess(4)
  const supervised = supervise({ name: 'worker', first, launch, log })
  first.end(crashed)
  await until(() => supervised.pid() === 2)
  // The watch begins to wait for the end of the second process.
  await Promise.resolve()
  vi.advanceTimersByTime(31_000)
  second.end(crashed)
  await until(() => supervised.pid() === 3)
  await supervised.stop()
  expect(messages.filter((message) => message.includes('starting it again'))).toEqual(
    Array(2).fill('worker ended (exit code 1); starting it again in 0.2 s'),
  )
})

test('with awaitsRestart a process that has lived long is started again when it ends', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const first = fakeProcess(1)
  const launch = async () => fakeProcess(2)
  const supervised = supervise({ name: 'worker', first, launch, log: () => undefined, awaitsRestart: true })
  vi.advanceTimersByTime(31_000)
  first.end(crashed)
  await until(() => supervised.pid() === 2)
  await supervised.stop()
})
