import { expect } from 'vitest'
import { expectedCommits, expectedOutcome } from '../support/processes/expected-outcome.ts'
import { installProcesses } from '../support/processes/process-installation.ts'
import { test } from '../support/processes/test.ts'

test('every change takes effect once at every consumer, and a second installation on its Redis is unaffected', async ({
  installation: one,
}) => {
  const other = await installProcesses()
  const [api, otherApi, worker] = await Promise.all([one.startApi(), other.startApi(), one.startWorker()])

  // The second installation has no worker yet. The worker of the first one finds none of its jobs.
  const othersLoad = other.loadSample(otherApi.url)
  expect(await one.loadSample(api.url).outcome()).toMatchObject(expectedOutcome)
  await other.untilCommitted(expectedCommits)
  expect(await other.count('goal_audit_log')).toBe(0)
  expect(worker.logs.filter((line) => line.level !== 'info')).toEqual([])

  const again = { writes: 0, goalsLeftAsTheyAre: expectedOutcome.inFile.goals }
  expect(await one.loadSample(api.url).outcome()).toMatchObject({ ...expectedOutcome, ...again })

  // Every job is in the queues, so the sweeper has nothing to enqueue.
  const othersWorker = await other.startWorker()
  expect(await othersLoad.outcome()).toMatchObject(expectedOutcome)
  expect(othersWorker.logs.filter((line) => line.msg === 'events enqueued again')).toEqual([])
})
