import { expect, test } from 'vitest'
import { expectedCommits, expectedOutcome } from './expected-outcome.ts'
import { install } from './installation.ts'

test('every change of the sample takes effect once at every consumer, and a neighbour on the same Redis is left alone', {
  timeout: 90_000,
}, async () => {
  const [one, other] = await Promise.all([install(), install()])
  const [api, otherApi, worker] = await Promise.all([one.startApi(), other.startApi(), one.startWorker()])

  // Nobody works for the neighbour yet; the worker next door finds none of its jobs.
  const othersLoad = other.loadSample(otherApi.url)
  expect(await one.loadSample(api.url).outcome()).toMatchObject(expectedOutcome)
  await other.untilCommitted(expectedCommits)
  expect(await other.count('goal_audit_log')).toBe(0)
  expect(worker.logs.filter((line) => line.level !== 'info')).toEqual([])

  const again = { writes: 0, goalsLeftAsTheyAre: expectedOutcome.inFile.goals }
  expect(await one.loadSample(api.url).outcome()).toMatchObject({ ...expectedOutcome, ...again })

  // It finds them all in its queues, so no sweeper has to help.
  const othersWorker = await other.startWorker()
  expect(await othersLoad.outcome()).toMatchObject(expectedOutcome)
  expect(othersWorker.logs.filter((line) => line.msg === 'events enqueued again')).toEqual([])
})
