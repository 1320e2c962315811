import type pg from 'pg'
import { expect } from 'vitest'
import { manyRounds } from '../support/limits.ts'
import { test } from '../support/test.ts'
import { cancelled, statesOf, todo, waiting } from './closing.ts'

const loadOpenTasks = async (pool: pg.Pool, goalId: string) =>
  (
    await pool.query(
      `select id, status from tasks
       where goal_id = $1 and deleted_at is null and status not in ('COMPLETED', 'CANCELLED')`,
      [goalId],
    )
  ).rows

test('no open task is left in a goal when tasks enter it while it is cancelled', manyRounds, async ({ api, ada }) => {
  const source = await ada.createGoal()
  const blocker = await ada.createTask(source.id)
  const entered = { before: 0, tooLate: 0 }
  for (let round = 0; round < 80; round++) {
    const goal = await ada.createGoal()
    const mover = await ada.createTask(source.id)
    const entries = [
      () => ada.post(`/v1/goals/${goal.id}/tasks`, { title: 'plain' }),
      () => ada.post(`/v1/goals/${goal.id}/tasks`, { title: 'waiting', dependencies: [blocker.id] }),
      () => ada.patchTask(mover.id, { goalId: goal.id }),
    ]
    // The closing starts first, second, third or last in turn.
    const requests: (() => Promise<{ status: number; body: Record<string, unknown> }>)[] = [...entries]
    requests.splice(round % 4, 0, () => ada.actOnGoal(goal.id, 'cancel'))
    const answers = await Promise.all(requests.map((request) => request()))
    const [closing] = answers.splice(round % 4, 1)
    expect(closing).toMatchObject({ status: 200, body: { status: 'CANCELLED' } })
    expect(await loadOpenTasks(api.pool, goal.id)).toEqual([])
    for (const { status, body } of answers) {
      if (status === 409) expect(body.code).toBe('goal-closed')
      else expect([200, 201]).toContain(status)
      entered[status === 409 ? 'tooLate' : 'before']++
    }
  }
  expect(entered.before).toBeGreaterThan(0)
  expect(entered.tooLate).toBeGreaterThan(0)
})

test(
  'one of two requests wins, for the goal and all of its tasks, when they close it in different ways',
  manyRounds,
  async ({ ada }) => {
    for (let round = 0; round < 20; round++) {
      const goal = await ada.createGoal()
      const tasks = [await ada.createTask(goal.id), await ada.createTask(goal.id)]
      const answers = await Promise.all([
        ada.actOnGoal(goal.id, 'complete', { openTasks: 'complete' }),
        ada.actOnGoal(goal.id, 'cancel'),
      ])
      expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 409])
      const { status } = (await ada.get(`/v1/goals/${goal.id}`)).body
      for (const task of tasks) expect(await ada.readTask(task.id)).toMatchObject({ status, version: 2 })
    }
  },
)

test('goals with mutually dependent tasks close and reopen at once without a refusal', manyRounds, async ({ ada }) => {
  const goals = [await ada.createGoal(), await ada.createGoal()]
  const [one = '', two = ''] = goals.map((goal) => goal.id)
  const [a, b] = [await ada.createTask(one), await ada.createTask(two)]
  const c = await ada.createTask(one, { dependencies: [b.id] })
  const d = await ada.createTask(two, { dependencies: [a.id] })
  for (let round = 0; round < 20; round++) {
    const verb = round % 2 === 0 ? 'cancel' : 'reopen'
    const answers = await Promise.all(goals.map((goal) => ada.actOnGoal(goal.id, verb)))
    expect(answers.map((answer) => answer.status)).toEqual([200, 200])
    const states = await statesOf(ada, { a: a.id, b: b.id, c: c.id, d: d.id })
    expect(states).toEqual(
      verb === 'cancel'
        ? { a: cancelled, b: cancelled, c: cancelled, d: cancelled }
        : { a: todo, b: todo, c: waiting('TODO'), d: waiting('TODO') },
    )
  }
})
