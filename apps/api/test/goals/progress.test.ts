import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadProgress } from '../../src/features/goals/progress.ts'
import { type Client, startTestApp } from '../support/test-app.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let ada: Client
beforeAll(async () => {
  api = await startTestApp()
  ada = await api.as()
})
afterAll(() => api.close())

type Task = { status: 'TODO' | 'IN_PROGRESS' | 'COMPLETED' | 'CANCELLED'; hundredths: number | null; deleted: boolean }
const hours = ({ hundredths }: Task) => (hundredths === null ? null : hundredths / 100)

async function goalWith(tasks: Task[]) {
  const goal = await ada.goal()
  await api.pool.query(
    `insert into tasks (goal_id, owner_id, user_id, title, status, completed_at, estimated_hours, deleted_at)
     select $1, $2, $2, 'Task', status, case when status = 'COMPLETED' then now() end, hours, case when deleted then now() end
     from json_to_recordset($3) as t(status task_status, hours numeric, deleted boolean)`,
    [goal.id, ada.id, JSON.stringify(tasks.map((task) => ({ ...task, hours: hours(task) })))],
  )
  return goal.id
}

const progressOf = async (id: string, mode?: string) =>
  (await ada.get(`/v1/goals/${id}?include=progress${mode ? `&progressMode=${mode}` : ''}`)).body.progress

/** The contract in whole numbers: weights in two-hundredths of an hour, in which a median between two estimates is whole too. */
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
  const total = sum(eligible)
  return {
    mode,
    percent: total === 0 ? null : Math.floor((100 * sum(done)) / total),
    tasks: eligible.length,
    completed: done.length,
    missingEstimates: eligible.length - estimates.length,
  }
}

const task = (status: Task['status'], estimate: number | null = null, deleted = false): Task => ({
  status,
  hundredths: estimate === null ? null : Math.round(estimate * 100),
  deleted,
})

test('any goal is as far as its live tasks that are not cancelled say, by count and by hours', async () => {
  const anyTask = fc.record<Task>({
    status: fc.constantFrom('TODO', 'IN_PROGRESS', 'COMPLETED', 'CANCELLED'),
    hundredths: fc.option(fc.oneof(fc.constantFrom(0, 1, 100, 99_999_999), fc.integer({ min: 0, max: 4_000 }))),
    deleted: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(anyTask, { maxLength: 12 }), async (tasks) => {
      const id = await goalWith(tasks)
      expect(await progressOf(id)).toEqual(expected(tasks, 'TASK_COUNT'))
      expect(await progressOf(id, 'TASK_COUNT')).toEqual(expected(tasks, 'TASK_COUNT'))
      expect(await progressOf(id, 'ESTIMATED_HOURS')).toEqual(expected(tasks, 'ESTIMATED_HOURS'))
    }),
    { numRuns: 60 },
  )
})

test('by hours a task without an estimate counts as the median of the others, and the answer says how many there are', async () => {
  // 1, 2 and 9 known, so two times 2 more: 9 + 2 of 16 are done.
  const id = await goalWith([
    task('TODO', 1),
    task('TODO', 2),
    task('COMPLETED', 9),
    task('COMPLETED'),
    task('IN_PROGRESS'),
    task('CANCELLED', 500),
    task('COMPLETED', 500, true),
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

test('without any estimate every task weighs the same, and what is nearly done is not yet 100', async () => {
  const unestimated = await goalWith([task('COMPLETED'), task('TODO'), task('TODO')])
  expect(await progressOf(unestimated, 'ESTIMATED_HOURS')).toMatchObject({ percent: 33, missingEstimates: 3 })
  const nearly = await goalWith([
    ...Array.from({ length: 999 }, () => task('COMPLETED', 999_999.99)),
    task('TODO', 0.01),
  ])
  expect(await progressOf(nearly, 'ESTIMATED_HOURS')).toMatchObject({ percent: 99 })
  expect(await progressOf(nearly)).toMatchObject({ percent: 99 })
})

test('nothing to do is null, not nothing done', async () => {
  for (const tasks of [[], [task('CANCELLED', 1)], [task('COMPLETED', 1, true)]]) {
    const id = await goalWith(tasks)
    expect(await progressOf(id)).toMatchObject({ percent: null, tasks: 0, completed: 0 })
  }
})

test('progress follows the tasks at once and is no part of the goal', async () => {
  const goal = await ada.goal()
  const one = await ada.task(goal.id)
  await ada.task(goal.id)
  const before = await ada.get(`/v1/goals/${goal.id}?include=progress`)
  await ada.post(`/v1/tasks/${one.id}/complete`)
  const after = await ada.get(`/v1/goals/${goal.id}?include=progress`)
  expect([before.body.progress, after.body.progress]).toMatchObject([{ percent: 0 }, { percent: 50 }])
  expect({ ...after.body, progress: undefined }).toEqual({ ...before.body, progress: undefined })
  expect(after.body.version).toBe(1)
  const { rows } = await api.pool.query('select type from events where aggregate_id = $1', [goal.id])
  expect(rows).toEqual([{ type: 'goal:created' }])
})

test('an answer with progress or capabilities has a weak tag of its own, good for 304 and for nothing else', async () => {
  const goal = await ada.goal()
  const work = await ada.task(goal.id)
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

test('a list of goals shows the progress of each, in either mode, under a weak tag', async () => {
  const eve = await api.as()
  const [far, empty] = [await eve.goal(), await eve.goal()]
  await eve.post(`/v1/tasks/${(await eve.task(far.id, { estimatedHours: 3 })).id}/complete`)
  await eve.task(far.id, { estimatedHours: 1 })
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

test('progress is read from its index alone, however many tasks there are', async () => {
  const statuses = ['TODO', 'COMPLETED', 'CANCELLED', 'IN_PROGRESS'] as const
  const many = Array.from({ length: 3_000 }, (_, i) => task(statuses[i % 4] ?? 'TODO', i % 3 === 0 ? null : i / 100))
  const ids = [await goalWith(many), await goalWith(many.slice(0, 10)), await goalWith([])]
  const client = await api.pool.connect()
  const plans: string[] = []
  const hear = (notice: { message?: string | undefined }) => plans.push(notice.message ?? '')
  client.on('notice', hear)
  try {
    // Beside all that others have: a goal that is the whole table would rather be read as one. Vacuum can mark as visible to
    // all only what is flushed, and these servers flush commits later unless they are told to.
    await client.query('set synchronous_commit = on')
    await client.query(
      `with g as (insert into goals (user_id, title) select gen_random_uuid(), 'Theirs' from generate_series(1, 200) returning id, user_id)
       insert into tasks (goal_id, owner_id, user_id, title) select id, user_id, user_id, 'Task' from g, generate_series(1, 100)`,
    )
    await client.query('vacuum analyze tasks')
    await client.query(`load 'auto_explain'`)
    await client.query(
      `set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on; set auto_explain.log_format = json`,
    )
    await client.query(`set client_min_messages = log`)
    // As prepared for its values, and as prepared for any.
    for (const mode of ['force_custom_plan', 'force_generic_plan']) {
      await client.query(`set plan_cache_mode = ${mode}`)
      plans.length = 0
      await loadProgress(client, ids, 'ESTIMATED_HOURS')
      const scans = scansOf(JSON.parse(plans.at(-1)?.replace(/^[^{]*/, '') ?? '{}').Plan)
      expect(scans, mode).toEqual([{ type: 'Index Only Scan', index: 'tasks_progress' }])
    }
  } finally {
    client.removeListener('notice', hear)
    client.release(true)
  }
})

type Plan = {
  'Node Type': string
  'Index Name'?: string
  'Relation Name'?: string
  Plans?: Plan[]
}

/** How the plan reads tables. */
const scansOf = (plan: Plan): object[] => [
  ...(plan['Relation Name'] ? [{ type: plan['Node Type'], index: plan['Index Name'] }] : []),
  ...(plan.Plans ?? []).flatMap(scansOf),
]
