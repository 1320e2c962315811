import type { Program } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { startBalancer } from '../support/processes/balancer.ts'
import { expectedOutcome } from '../support/processes/expected-outcome.ts'
import { createFolder } from '../support/processes/folder.ts'
import { installProcesses } from '../support/processes/process-installation.ts'
import { copySample } from '../support/processes/sample-copy.ts'
import { startReceiver } from '../support/receiver.ts'

/** The groups of `deploy/kubernetes`. */
const groups = [['audit-log', 'cache-invalidation'], ['notifications'], ['email'], ['sync']] as const

/** Ends a process with SIGTERM, and starts its successor. */
async function replace<T>(old: Program, start: () => Promise<T>): Promise<T> {
  old.kill()
  expect(await old.exit).toEqual({ code: 0, signal: null })
  expect(old.logs.at(-1)).toMatchObject({ msg: 'stopped' })
  return start()
}

test('a load has no error and each effect happens once when three APIs and four workers are restarted', async () => {
  const receiver = await startReceiver((response) => response.end())
  // A balancer that looks every 100 ms notices within this delay.
  const settings = { SYNC_URL: receiver.url, SHUTDOWN_DELAY_MS: '500', DB_POOL_SIZE: '6' }
  const processes = await installProcesses({ settings })
  const workers = await Promise.all(groups.map((group) => processes.startWorker(...group)))
  const apis = await Promise.all([1, 2, 3].map(() => processes.startApi()))
  const balancer = await startBalancer(() => apis)

  let isOver = false
  /** Loads one copy of the sample after the other until the restarts are over. */
  async function load() {
    const folder = await createFolder()
    const outcomes = []
    do {
      const file = await copySample(folder, `copy-${outcomes.length}`)
      outcomes.push(await processes.loadSample(balancer.url, file).outcome())
    } while (!isOver)
    return outcomes
  }
  const loading = load()
  for (const [place, group] of groups.entries())
    await replace(workers[place] ?? expect.fail(`no worker of ${group}`), () => processes.startWorker(...group))
  for (const [place, { process }] of apis.entries()) apis[place] = await replace(process, processes.startApi)
  isOver = true
  const outcomes = await loading

  // The loader repeats a request whose connection ends, and ends with an error when one fails.
  // Its figures are those of one API and one worker.
  for (const outcome of outcomes) expect(outcome).toMatchObject(expectedOutcome)
  expect(await processes.pending()).toEqual({})
  expect(await processes.count('events')).toBe(outcomes.length * expectedOutcome.events)
  expect(await processes.count('dead_letters')).toBe(0)
  const bodies = new Map(receiver.received.map(({ headers, text }) => [headers['webhook-id'], text]))
  expect(bodies.size).toBe(outcomes.length * expectedOutcome.events)
  for (const { headers, text } of receiver.received) expect(bodies.get(headers['webhook-id'])).toBe(text)
  console.info(`${outcomes.length} loads during the restarts, ${receiver.received.length} requests to the receiver`)
})
