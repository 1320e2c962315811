import { until } from '@goals-tasks/devstack/testing'
import fc from 'fast-check'
import type pg from 'pg'
import { expect } from 'vitest'
import { loadProgress } from '../../src/features/goals/progress.ts'
import type { Client } from '../support/client.ts'
import { manyRounds } from '../support/limits.ts'
import { test as base } from '../support/test.ts'

type Task = { status: 'TODO' | 'IN_PROGRESS' | 'COMPLETED' | 'CANCELLED'; hundredths: number | null; deleted: boolean }
const hours = ({ hundredths }: Task) => (hundredths === null ? null : hundredths / 100)

/** Creates a goal with these tasks. Returns its id. */
async function insertGoalWith(pool: pg.Pool, client: Client, tasks: Task[]) {
  const goal = await client.createGoal()
  await pool.query(
    `insert into tasks (goal_id, owner_id, user_id, title, status, completed_at, estimated_hours, deleted_at)
     select $1, $2, $2, 'Task', status, case when status = 'COMPLETED' then now() end, hours,
            case when deleted then now() end
     from json_to_recordset($3) as t(status task_status, hours numeric, deleted boolean)`,
    [goal.id, client.id, JSON.stringify(tasks.map((task) => ({ ...task, hours: hours(task) })))],
  )
  return goal.id
}

const test = base
  .extend(
    'createGoalWith',
    { scope: 'file' },
    ({ api, ada }) =>
      (tasks: Task[]) =>
        insertGoalWith(api.pool, ada, tasks),
  )
  .extend('progressOf', { scope: 'file' }, ({ ada }) => async (goalId: string, mode?: string) => {
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

const taskWith = (status: Task['status'], estimate: number | null = null, deleted = false): Task => ({
  status,
  hundredths: estimate === null ? null : Math.round(estimate * 100),
  deleted,
})

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

/**
 * Vacuums the tasks, and returns whether their pages are marked as visible to all. A snapshot older than the rows, such
 * as that of an autoanalyze, prevents it. Vacuum leaves up to 2 % of the pages when they alone have dead rows.
 */
async function isVisibleToAllAfterVacuum(client: pg.PoolClient): Promise<boolean> {
  await client.query('vacuum analyze tasks')
  const { rows } = await client.query(
    `select relallvisible > 0.95 * relpages as "isVisible" from pg_class where oid = 'tasks'::regclass`,
  )
  return rows[0].isVisible
}

test('progress is read from its index alone when there are many tasks', async ({ api, createGoalWith }) => {
  const statuses = ['TODO', 'COMPLETED', 'CANCELLED', 'IN_PROGRESS'] as const
  const many = Array.from({ length: 3_000 }, (_, i) =>
    taskWith(statuses[i % 4] ?? 'TODO', i % 3 === 0 ? null : i / 100),
  )
  const ids = [await createGoalWith(many), await createGoalWith(many.slice(0, 10)), await createGoalWith([])]
  const client = await api.pool.connect()
  const plans: string[] = []
  const collect = (notice: { message?: string | undefined }) => plans.push(notice.message ?? '')
  client.on('notice', collect)
  try {
    // Other goals have tasks too: Postgres scans a table that belongs to one goal as a whole. Vacuum marks only flushed
    // rows as visible to all, and these servers flush commits later unless synchronous_commit is on.
    await client.query('set synchronous_commit = on')
    await client.query(
      `with other as (
         insert into goals (user_id, title) select gen_random_uuid(), 'Other' from generate_series(1, 200)
         returning id, user_id)
       insert into tasks (goal_id, owner_id, user_id, title)
       select id, user_id, user_id, 'Task' from other, generate_series(1, 100)`,
    )
    await until(() => isVisibleToAllAfterVacuum(client))
    await client.query(`load 'auto_explain'`)
    await client.query(
      `set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on; set auto_explain.log_format = json`,
    )
    await client.query(`set client_min_messages = log`)
    // A plan for these values, and a plan for any.
    for (const mode of ['force_custom_plan', 'force_generic_plan']) {
      await client.query(`set plan_cache_mode = ${mode}`)
      plans.length = 0
      await loadProgress(client, ids, 'ESTIMATED_HOURS')
      const scans = scansOf(JSON.parse(plans.at(-1)?.replace(/^[^{]*/, '') ?? '{}').Plan)
      expect(scans, mode).toEqual([{ type: 'Index Only Scan', index: 'tasks_progress' }])
    }
  } finally {
    client.removeListener('notice', collect)
    client.release(true)
  }
})

type Plan = {
  'Node Type': string
  'Index Name'?: string
  'Relation Name'?: string
  Plans?: Plan[]
}

/** Returns the scans of the plan, with their indexes. */
const scansOf = (plan: Plan): object[] => [
  ...(plan['Relation Name'] ? [{ type: plan['Node Type'], index: plan['Index Name'] }] : []),
  ...(plan.Plans ?? []).flatMap(scansOf),
]
