import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { readMetric, startBeside } from '../support/beside.ts'
import type { Client } from '../support/client.ts'
import { taskWith, test as withGoals } from '../support/goals-with-tasks.ts'
import type { TestApp } from '../support/test-app.ts'
import { signToken } from '../support/token.ts'
import { openBarriers } from './barriers.ts'

/** Large changes of one user run one after the other, and no pause follows them. */
const withoutPause = { share: 1, maxWaitMs: 120_000 }
const manyTasks = Array.from({ length: 21 }, () => taskWith('TODO'))
const fewTasks = manyTasks.slice(1)

const test = withGoals
  .override({ apiOptions: { paceLimits: withoutPause } })
  .extend('barriers', async ({ api }, { onCleanup }) => {
    const barriers = openBarriers(api.database)
    onCleanup(barriers.close)
    return barriers
  })

const untilWaiting = (api: TestApp, count: number) =>
  until(async () => (await readMetric(api, 'gt_large_changes_waiting')) === count)

const statusesOfTasks = async (client: Client, goalId: string) => {
  const { body } = await client.get(`/v1/goals/${goalId}/tasks?limit=50`)
  return [...new Set(body.data?.map(({ status }) => status))]
}
const firstTask = async (client: Client, goalId: string) =>
  String((await client.get(`/v1/goals/${goalId}/tasks?limit=1`)).body.data?.[0]?.id)

test('a large change of a user waits while another one runs, and small changes and other users do not', async ({
  api,
  ada,
  bob,
  admin,
  barriers,
  createGoalWith,
}) => {
  const goals = await Promise.all([manyTasks, manyTasks, manyTasks, fewTasks, manyTasks].map(createGoalWith))
  const [held = '', closed = '', deleted = '', small = '', ofAdmin = ''] = goals
  const release = await barriers.holdTask(await firstTask(ada, held))
  const first = ada.actOnGoal(held, 'cancel')
  await barriers.untilWaiting(1)

  const key = { 'idempotency-key': randomUUID() }
  const cancel = () => ada.post(`/v1/goals/${closed}/cancel`, {}, key)
  const waiting = [cancel(), ada.delete(`/v1/goals/${deleted}`)]
  await untilWaiting(api, 2)
  // The waiting ones hold no lock, so changes of their goals go on.
  expect((await ada.patchGoal(closed, { title: 'Changed' })).status).toBe(200)
  expect((await ada.actOnGoal(small, 'cancel')).status).toBe(200)
  expect((await admin.actOnGoal(ofAdmin, 'cancel')).status).toBe(200)
  const goalOfBob = await bob.createGoal()
  expect((await bob.actOnGoal(goalOfBob.id, 'cancel')).status).toBe(200)
  expect(await readMetric(api, 'gt_large_changes_waiting')).toBe(2)
  expect(await statusesOfTasks(ada, closed)).toEqual(['TODO'])

  await release()
  expect((await first).status).toBe(200)
  const [cancelled, gone] = await Promise.all(waiting)
  expect(cancelled).toMatchObject({ status: 200, body: { status: 'CANCELLED', title: 'Changed' } })
  expect(gone?.status).toBe(204)
  expect((await cancel()).text).toBe(cancelled?.text)
  expect(await statusesOfTasks(ada, closed)).toEqual(['CANCELLED'])
  expect((await ada.get(`/v1/goals/${deleted}`)).status).toBe(410)
  expect(await readMetric(api, 'gt_large_changes_total{outcome="waited"}')).toBe(2)
})

test('a large change gets 503 with Retry-After and changes nothing when it gets no turn in time', async ({
  api,
  ada,
  barriers,
  createGoalWith,
}) => {
  const impatient = await startBeside(api, { paceLimits: { ...withoutPause, maxWaitMs: 1 } })
  const sameAda = await impatient.as(ada.id)
  const [held, other] = await Promise.all([manyTasks, manyTasks].map(createGoalWith))
  const release = await barriers.holdTask(await firstTask(ada, held ?? ''))
  const first = sameAda.actOnGoal(held ?? '', 'cancel')
  await barriers.untilWaiting(1)
  const refused = await sameAda.actOnGoal(other ?? '', 'cancel')
  expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '2' }, body: { code: 'overloaded' } })
  expect(await statusesOfTasks(ada, other ?? '')).toEqual(['TODO'])
  expect(await readMetric(impatient, 'gt_large_changes_total{outcome="refused"}')).toBe(1)
  await release()
  expect((await first).status).toBe(200)
})

test('a large change that waits for the end of a pause is executed when the API closes', async ({
  api,
  ada,
  createGoalWith,
}) => {
  const anHour = 3_600_000
  const paceLimits = { share: 1e-9, burstMs: 0, maxPauseMs: anHour, maxWaitMs: anHour }
  const slow = await startBeside(api, { paceLimits })
  const [url, token] = [await slow.listen(), await signToken(ada.id, 'goals:write')]
  const cancel = (goalId = '') =>
    fetch(`${url}/v1/goals/${goalId}/cancel`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
  const [first, second] = await Promise.all([manyTasks, manyTasks].map(createGoalWith))
  expect((await cancel(first)).status).toBe(200)
  const waiting = cancel(second)
  await untilWaiting(slow, 1)
  const closed = slow.close()
  expect((await waiting).status).toBe(200)
  await closed
  expect(await statusesOfTasks(ada, second ?? '')).toEqual(['CANCELLED'])
})

test('a task with many dependents is closed in turn', async ({ api, ada, createGoalWith }) => {
  const goalId = await createGoalWith([])
  const blocker = await ada.createTask(goalId)
  const dependents = Array.from({ length: 20 }, () => ada.createTask(goalId, { dependencies: [blocker.id] }))
  await Promise.all(dependents)
  const before = await readMetric(api, 'gt_large_changes_total{outcome="at-once"}')
  expect((await ada.actOnTask(blocker.id, 'complete')).status).toBe(200)
  expect(await readMetric(api, 'gt_large_changes_total{outcome="at-once"}')).toBe(before + 1)
})
