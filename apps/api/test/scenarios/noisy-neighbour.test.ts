import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { openBarriers } from '../reliability/barriers.ts'
import type { Client } from '../support/client.ts'
import { test as base } from '../support/test.ts'
import { startTestApp } from '../support/test-app.ts'

/** The transactions of one user that may wait at once: a quarter of the pool of the API under test. */
const quarter = 4

const test = base.extend('barriers', async ({ api }, { onCleanup }) => {
  const barriers = openBarriers(api.database)
  onCleanup(barriers.close)
  return barriers
})

/** Sends 20 requests of all kinds for a user. @returns their statuses */
async function useApi(user: Client): Promise<number[]> {
  const goal = await user.createGoal()
  const [task, blocker] = [await user.createTask(goal.id), await user.createTask(goal.id)]
  const answers = [
    await user.addDependency(task.id, blocker.id),
    await user.actOnTask(blocker.id, 'complete'),
    await user.get(`/v1/goals/${goal.id}/tasks`),
    await user.post('/v1/goals', { title: 'Keyed' }, { 'idempotency-key': randomUUID() }),
    ...(await Promise.all(Array.from({ length: 8 }, (_, i) => user.patchTask(task.id, { title: `title ${i}` })))),
    ...(await Promise.all(Array.from({ length: 4 }, () => user.post(`/v1/goals/${goal.id}/tasks`, { title: 'x' })))),
    await user.actOnGoal(goal.id, 'complete', { openTasks: 'complete' }),
  ]
  return answers.map((answer) => answer.status)
}

/** Records the answers of requests as they come in. */
function collect(requests: readonly Promise<{ status: number; headers: Record<string, unknown> }>[]) {
  const answers: { status: number; headers: Record<string, unknown> }[] = []
  const all = Promise.all(
    requests.map(async (request) => {
      answers.push(await request)
    }),
  )
  return { answers, all: () => all }
}

const succeeded = (statuses: readonly number[]) => statuses.filter((status) => status < 300)

/** Each request has an effect, or fails with a time after which it may be repeated. */
function expectEffectOrRetry(answers: ReturnType<typeof collect>['answers']) {
  for (const { status, headers } of answers) {
    expect([200, 503]).toContain(status)
    if (status === 503) expect(headers['retry-after']).toBe('2')
  }
  expect(answers.some(({ status }) => status === 200)).toBe(true)
}

test.for([
  ['patches', () => ({})],
  ['keyed patches', () => ({ 'idempotency-key': randomUUID() })],
] as const)(
  'requests of another user succeed while 40 %s of one user wait for a held task',
  async ([, headers], { ada, bob, barriers }) => {
    const [taskId = ''] = await ada.createTaskIds(1)
    const release = await barriers.holdTask(taskId)
    const patch = (i: number) => ada.patchTask(taskId, { title: `title ${i}` }, { 'if-match': '*', ...headers() })
    const { answers, all } = collect(Array.from({ length: 40 }, (_, i) => patch(i)))
    await barriers.untilWaiting(quarter)
    const statuses = await useApi(bob)
    expect(answers).toEqual([])
    expect(succeeded(statuses)).toHaveLength(statuses.length)
    expect(await barriers.countWaiting()).toBe(quarter)
    await release()
    await all()
    expectEffectOrRetry(answers)
  },
)

test('requests of another user succeed while patches of one user wait for a cascade over their tasks', async ({
  ada,
  bob,
  barriers,
}) => {
  const ids = (await ada.createTaskIds(49)).toSorted()
  const [first = '', ...others] = ids
  const goalId = String((await ada.readTask(first)).goalId)
  // The cascade locks its tasks in the order of their ids, and then waits for the last one.
  const release = await barriers.holdTask(ids.at(-1) ?? '')
  const closing = ada.actOnGoal(goalId, 'complete', { openTasks: 'complete' })
  await barriers.untilWaiting(1)
  const { answers, all } = collect(others.map((id) => ada.patchTask(id, { title: 'changed' })))
  await barriers.untilWaiting(quarter)
  const statuses = await useApi(bob)
  expect(succeeded(statuses)).toHaveLength(statuses.length)
  expect(answers).toEqual([])
  await release()
  expect((await closing).status).toBe(200)
  await all()
  expectEffectOrRetry(answers)
})

test('requests in other goals succeed while tasks that many users create wait for one goal', async ({
  api,
  ada,
  bob,
  barriers,
}) => {
  const goal = await ada.createGoal()
  const release = await barriers.hold(`select from goals where id = '${goal.id}' for update`)
  const creators = await Promise.all(Array.from({ length: 20 }, () => api.as(randomUUID(), 'admin')))
  const created = creators.map((creator) => creator.post(`/v1/goals/${goal.id}/tasks`, { title: 'x' }))
  await barriers.untilWaiting(quarter)
  const statuses = await useApi(bob)
  expect(succeeded(statuses)).toHaveLength(statuses.length)
  expect(await barriers.countWaiting()).toBe(quarter)
  await release()
  for (const { status } of await Promise.all(created)) expect(status).toBe(201)
})

test('a change gets 503 with Retry-After when another one holds its row for longer than the limit', async ({
  api,
  ada,
  barriers,
  onTestFinished,
}) => {
  const impatient = await startTestApp({ database: api.database, lockTimeoutMs: 50 })
  onTestFinished(() => impatient.close())
  const sameAda = await impatient.as(ada.id)
  const [taskId = ''] = await ada.createTaskIds(1)
  const { goalId } = await ada.readTask(taskId)
  await barriers.holdTask(taskId)
  await barriers.hold(`select from goals where id = '${goalId}' for update`)
  for (const refused of [
    await sameAda.patchTask(taskId, { title: 'changed' }),
    await sameAda.delete(`/v1/tasks/${taskId}`),
    await sameAda.patchGoal(String(goalId), { title: 'changed' }),
    await sameAda.post(`/v1/goals/${goalId}/tasks`, { title: 'new' }),
  ]) {
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '2' } })
    expect(refused.body.detail).toBe('Another change of the same goal or task is still running.')
  }
})
