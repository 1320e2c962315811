import fc from 'fast-check'
import { expect } from 'vitest'
import { test as base, type Task, taskWith } from '../support/goals-with-tasks.ts'
import { manyRounds } from '../support/limits.ts'

const test = base.extend('progressOf', { scope: 'file' }, ({ ada }) => async (goalId: string, mode?: string) => {
  const { body } = await ada.get(`/v1/goals/${goalId}?include=progress${mode ? `&progressMode=${mode}` : ''}`)
  return body.progress
})

/**
 * The contract in whole numbers. Weights are in two-hundredths of an hour, so that a median between two estimates is a
 * whole number too.
 */
function expected(tasks: Task[], mode: 'TASK_COUNT' | 'ESTIMATED_HOURS') {
  const eligible = tasks.filter((task) => !task.deleted && task.status !== 'CANCELLED')
  const estimates = eligible
    .flatMap((task) => (task.hundredths === null ? [] : [2 * task.hundredths]))
    .sort((a, b) => a - b)
  const [low = 2, high = 2] = [estimates[(estimates.length - 1) >> 1], estimates[estimates.length >> 1]]
  const weight = ({ hundredths }: Task) =>
    mode === 'TASK_COUNT' ? 1 : hundredths === null ? (low + high) / 2 : 2 * hundredths
  const sum = (some: Task[]) => some.reduce((total, task) => total + weight(task), 0)
  const done = eligible.filter((task) => task.status === 'COMPLETED')
  // When all weights are 0, all tasks have the same weight.
  const [part, total] = sum(eligible) > 0 ? [sum(done), sum(eligible)] : [done.length, eligible.length]
  return {
    mode,
    percent: total === 0 ? null : Math.floor((100 * part) / total),
    tasks: eligible.length,
    completed: done.length,
    missingEstimates: eligible.length - estimates.length,
  }
}

test(
  'progress counts the live tasks that are not cancelled, by number and by hours',
  manyRounds,
  async ({ createGoalWith, progressOf }) => {
    const anyTask = fc.record<Task>({
      status: fc.constantFrom('TODO', 'IN_PROGRESS', 'COMPLETED', 'CANCELLED'),
      hundredths: fc.option(fc.oneof(fc.constantFrom(0, 1, 100, 99_999_999), fc.integer({ min: 0, max: 4_000 }))),
      deleted: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(anyTask, { maxLength: 12 }), async (tasks) => {
        const id = await createGoalWith(tasks)
        expect(await progressOf(id)).toEqual(expected(tasks, 'TASK_COUNT'))
        expect(await progressOf(id, 'TASK_COUNT')).toEqual(expected(tasks, 'TASK_COUNT'))
        expect(await progressOf(id, 'ESTIMATED_HOURS')).toEqual(expected(tasks, 'ESTIMATED_HOURS'))
      }),
      { numRuns: 60 },
    )
  },
)

test('a task without an estimate counts as the median of the others', async ({ createGoalWith, progressOf }) => {
  // 1, 2 and 9 known, so two times 2 more: 9 + 2 of 16 are done.
  const id = await createGoalWith([
    taskWith('TODO', 1),
    taskWith('TODO', 2),
    taskWith('COMPLETED', 9),
    taskWith('COMPLETED'),
    taskWith('IN_PROGRESS'),
    taskWith('CANCELLED', 500),
    taskWith('COMPLETED', 500, true),
  ])
  expect(await progressOf(id, 'ESTIMATED_HOURS')).toEqual({
    mode: 'ESTIMATED_HOURS',
    percent: 68,
    tasks: 5,
    completed: 2,
    missingEstimates: 2,
  })
  expect(await progressOf(id)).toMatchObject({ mode: 'TASK_COUNT', percent: 40 })
})

test('progress needs no estimates, and is below 100 while a task is open', async ({ createGoalWith, progressOf }) => {
  const unestimated = await createGoalWith([taskWith('COMPLETED'), taskWith('TODO'), taskWith('TODO')])
  expect(await progressOf(unestimated, 'ESTIMATED_HOURS')).toMatchObject({ percent: 33, missingEstimates: 3 })
  const nearly = await createGoalWith([
    ...Array.from({ length: 999 }, () => taskWith('COMPLETED', 999_999.99)),
    taskWith('TODO', 0.01),
  ])
  expect(await progressOf(nearly, 'ESTIMATED_HOURS')).toMatchObject({ percent: 99 })
  expect(await progressOf(nearly)).toMatchObject({ percent: 99 })
})

test('progress by hours counts the tasks when every estimate is 0', async ({ createGoalWith, progressOf }) => {
  const percents = [
    [taskWith('TODO', 0), taskWith('TODO', 0)],
    [taskWith('COMPLETED', 0), taskWith('TODO', 0), taskWith('TODO')],
    [taskWith('COMPLETED', 0), taskWith('COMPLETED', 0)],
  ].map(async (tasks) => (await progressOf(await createGoalWith(tasks), 'ESTIMATED_HOURS')) as { percent: number })
  expect((await Promise.all(percents)).map(({ percent }) => percent)).toEqual([0, 33, 100])
})

test('the progress of a goal is null when there is nothing to do', async ({ createGoalWith, progressOf }) => {
  for (const tasks of [[], [taskWith('CANCELLED', 1)], [taskWith('COMPLETED', 1, true)]]) {
    const id = await createGoalWith(tasks)
    expect(await progressOf(id)).toMatchObject({ percent: null, tasks: 0, completed: 0 })
  }
})

test('progress follows the tasks at once and is no part of the goal', async ({ api, ada }) => {
  const goal = await ada.createGoal()
  const one = await ada.createTask(goal.id)
  await ada.createTask(goal.id)
  const before = await ada.get(`/v1/goals/${goal.id}?include=progress`)
  await ada.post(`/v1/tasks/${one.id}/complete`)
  const after = await ada.get(`/v1/goals/${goal.id}?include=progress`)
  expect([before.body.progress, after.body.progress]).toMatchObject([{ percent: 0 }, { percent: 50 }])
  expect({ ...after.body, progress: undefined }).toEqual({ ...before.body, progress: undefined })
  expect(after.body.version).toBe(1)
  const { rows } = await api.pool.query('select type from events where aggregate_id = $1', [goal.id])
  expect(rows).toEqual([{ type: 'goal:created' }])
})

test('a goal with progress or capabilities has a weak tag for 304, never for If-Match', async ({ ada }) => {
  const goal = await ada.createGoal()
  const work = await ada.createTask(goal.id)
  for (const include of ['progress', 'capabilities', 'progress,capabilities']) {
    const url = `/v1/goals/${goal.id}?include=${include}`
    const tag = String((await ada.get(url)).headers.etag)
    expect(tag).toMatch(/^W\/"[\w-]{20,}"$/)
    expect(await ada.get(url, { 'if-none-match': tag })).toMatchObject({
      status: 304,
      text: '',
      headers: { etag: tag },
    })
    for (const ifMatch of [tag, tag.slice(2)])
      expect((await ada.patch(`/v1/goals/${goal.id}`, { title: 'x' }, { 'if-match': ifMatch })).status).toBe(412)
  }
  expect((await ada.get(`/v1/goals/${goal.id}`)).headers.etag).toBe('"1"')
  const url = `/v1/goals/${goal.id}?include=progress`
  const { etag } = (await ada.get(url)).headers
  await ada.post(`/v1/tasks/${work.id}/complete`)
  expect((await ada.get(url, { 'if-none-match': String(etag) })).status).toBe(200)
})

test('a list of goals shows the progress of each, in either mode, under a weak tag', async ({ eve }) => {
  const [far, empty] = [await eve.createGoal(), await eve.createGoal()]
  await eve.post(`/v1/tasks/${(await eve.createTask(far.id, { estimatedHours: 3 })).id}/complete`)
  await eve.createTask(far.id, { estimatedHours: 1 })
  const percents = async (query: string) => {
    const list = await eve.get(`/v1/goals?${query}`)
    expect(String(list.headers.etag)).toMatch(/^W\//)
    return list.body.data?.map(({ id, version, progress }) => [
      id,
      version,
      (progress as { percent: unknown })?.percent,
    ])
  }
  expect(await percents('include=progress')).toEqual([
    [empty.id, 1, null],
    [far.id, 1, 50],
  ])
  expect(await percents('include=progress&progressMode=ESTIMATED_HOURS')).toEqual([
    [empty.id, 1, null],
    [far.id, 1, 75],
  ])
  expect(await percents('limit=1')).toEqual([[empty.id, 1, undefined]])
})
