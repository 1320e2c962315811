import fc from 'fast-check'
import { expect } from 'vitest'
import { listGoals } from '../../src/features/goals/list.ts'
import { listTasks, listTasksOfGoal } from '../../src/features/tasks/list.ts'
import type { Client } from '../support/client.ts'
import { manyRounds } from '../support/limits.ts'
import { actorOf, collectPlans } from '../support/plans.ts'
import { test } from '../support/test.ts'

type Page = { data: { id: string }[]; page: { nextCursor: string | null; hasMore: boolean } }

async function walk(
  client: Client,
  url: string,
  limit: number,
  onPage: () => Promise<unknown> = async () => undefined,
): Promise<string[]> {
  const ids: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = (
      await client.get(`${url}${url.includes('?') ? '&' : '?'}limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`)
    ).body as unknown as Page
    expect(page.page.hasMore).toBe(page.page.nextCursor !== null)
    ids.push(...page.data.map((row) => row.id))
    cursor = page.page.nextCursor
    await onPage()
  }
  return ids
}

test(
  'every row is listed once, newest first, for any page size and when rows share one instant',
  manyRounds,
  async ({ api }) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 25 }), fc.integer({ min: 1, max: 7 }), async (count, limit) => {
        const ada = await api.as()
        // One statement gives all rows the same created_at, so only the id orders them.
        await api.pool.query(
          `insert into goals (user_id, title) select $1, 'Goal ' || i from generate_series(1, $2::int) i`,
          [ada.id, count],
        )
        const { rows } = await api.pool.query(
          'select id from goals where user_id = $1 order by created_at desc, id desc',
          [ada.id],
        )
        expect(await walk(ada, '/v1/goals', limit)).toEqual(rows.map((row) => row.id))
      }),
      { numRuns: 15 },
    )
  },
)

test('new rows neither repeat nor hide others when they arrive between two pages', async ({ api }) => {
  const ada = await api.as()
  const goals = []
  for (let i = 0; i < 12; i++) goals.push(await ada.createGoal({ title: `Goal ${i}` }))
  const shown = await walk(ada, '/v1/goals', 3, async () => {
    await ada.createGoal({ title: 'Newcomer' })
  })
  expect(shown).toEqual(goals.map((goal) => goal.id).toReversed())
})

test('a link to the next page keeps every query parameter', async ({ api }) => {
  const ada = await api.as()
  for (let i = 0; i < 2; i++) await ada.createGoal({ category: 'a?b&c' })
  const first = await ada.get('/v1/goals?category=a?b%26c&limit=1')
  const next = String(first.headers.link).match(/<(.+)>/)?.[1] ?? ''
  expect((await ada.get(next)).body.data).toHaveLength(1)
  expect(new URL(next, 'http://list').searchParams.get('category')).toBe('a?b&c')
})

test('a filter narrows a list, and the link to the next page keeps it', async ({ api }) => {
  const ada = await api.as()
  const [high, low] = [
    await ada.createGoal({ priority: 'HIGH', tags: ['x'] }),
    await ada.createGoal({ priority: 'LOW', category: 'home' }),
  ]
  await ada.actOnGoal(low.id, 'complete')
  const ids = async (query: string) => (await ada.get(`/v1/goals?${query}`)).body.data?.map((row) => row.id)
  expect(await ids('priority=HIGH,CRITICAL')).toEqual([high.id])
  expect(await ids('status=COMPLETED')).toEqual([low.id])
  expect(await ids('tag=x')).toEqual([high.id])
  expect(await ids('category=home')).toEqual([low.id])
  expect(await ids('status=ON_HOLD')).toEqual([])
  const page = await ada.get('/v1/goals?limit=1&priority=HIGH,LOW')
  expect(page.headers.link).toContain('rel="next"')
  const next = String(page.headers.link).match(/<(.+)>/)?.[1] ?? ''
  expect((await ada.get(next)).body.data?.map((row) => row.id)).toEqual([high.id])
})

test('a filter takes several values between commas, in repeated parameters, or both', async ({ api }) => {
  const ada = await api.as()
  const goals = []
  for (const priority of ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']) goals.push(await ada.createGoal({ priority }))
  const ids = async (query: string) => (await ada.get(`/v1/goals?${query}`)).body.data?.map((row) => row.id)
  const wanted = [goals[3]?.id, goals[2]?.id, goals[0]?.id]
  expect(await ids('priority=LOW,HIGH,CRITICAL')).toEqual(wanted)
  expect(await ids('priority=LOW&priority=HIGH&priority=CRITICAL')).toEqual(wanted)
  expect(await ids('priority=LOW,HIGH&priority=CRITICAL,LOW')).toEqual(wanted)
  expect((await ada.get('/v1/goals?priority=LOW&priority=high')).body).toMatchObject({
    status: 400,
    errors: [{ pointer: '/priority', detail: 'must be LOW, MEDIUM, HIGH or CRITICAL, not "high"' }],
  })
})

test('a cursor works only for its own list and filters, and only for its own user', async ({ api }) => {
  const [ada, bob] = [await api.as(), await api.as()]
  for (let i = 0; i < 3; i++) await ada.createGoal()
  const { nextCursor } = ((await ada.get('/v1/goals?limit=1')).body as unknown as Page).page
  expect((await ada.get(`/v1/goals?limit=1&status=ACTIVE&cursor=${nextCursor}`)).body).toMatchObject({
    status: 400,
    code: 'cursor-mismatch',
  })
  expect((await ada.get(`/v1/tasks?limit=1&cursor=${nextCursor}`)).body).toMatchObject({
    status: 400,
    code: 'cursor-mismatch',
  })
  for (const bad of ['x', 'e30', Buffer.from('[1,"x","2026","y"]').toString('base64url')]) {
    expect((await ada.get(`/v1/goals?cursor=${bad}`)).status).toBe(400)
  }
  expect((await bob.get(`/v1/goals?limit=1&cursor=${nextCursor}`)).body.data).toEqual([])
})

test('an unknown or invalid query parameter of a list is refused by name', async ({ api }) => {
  const ada = await api.as()
  expect((await ada.get('/v1/goals?statsu=ACTIVE')).body).toMatchObject({
    status: 400,
    detail: 'statsu is not known; did you mean status?',
  })
  for (const query of [
    'status=DONE',
    'status=',
    'limit=0',
    'limit=201',
    'limit=x',
    'priority=HIGH,URGENT',
    'limit=1&limit=2',
    'targetBefore=soon',
  ]) {
    expect((await ada.get(`/v1/goals?${query}`)).status, query).toBe(400)
  }
  expect((await ada.get('/v1/tasks?assignedTo=somebody')).status).toBe(400)
})

test('the tasks across goals are the owned and the assigned ones, and assignedTo=me narrows', async ({ api }) => {
  const [ada, bob] = [await api.as(), await api.as()]
  const [hers, his] = [await ada.createGoal(), await bob.createGoal()]
  const own = await ada.createTask(hers.id)
  const ownAndAssigned = await ada.createTask(hers.id, { assignedTo: ada.id })
  const assigned = await bob.createTask(his.id, { assignedTo: ada.id })
  await bob.createTask(his.id)
  expect(await walk(ada, '/v1/tasks', 2)).toEqual([assigned.id, ownAndAssigned.id, own.id])
  expect(await walk(ada, '/v1/tasks?assignedTo=me', 1)).toEqual([assigned.id, ownAndAssigned.id])
  expect(await walk(ada, `/v1/goals/${his.id}/tasks`, 10)).toEqual([assigned.id])
  expect(await walk(bob, `/v1/goals/${his.id}/tasks`, 10)).toHaveLength(2)
})

test('a page of a long list is read along its index and never sorted', async ({ api }) => {
  const ada = await api.as()
  const goal = await ada.createGoal()
  const { pool } = api
  await pool.query(
    `insert into goals (user_id, title, created_at)
     select $1, 'Goal ' || i, now() - i * interval '1 minute' from generate_series(1, 3000) i`,
    [ada.id],
  )
  await pool.query(
    `insert into tasks (goal_id, owner_id, user_id, assigned_to, title, created_at)
     select $1, $2, $2, $2, 'Task ' || i, now() - i * interval '1 minute' from generate_series(1, 3000) i`,
    [goal.id, ada.id],
  )
  await pool.query(
    `insert into tasks (goal_id, owner_id, user_id, assigned_to, title)
     select id, user_id, user_id, gen_random_uuid(), 'Of another user' from goals cross join generate_series(1, 3)`,
  )
  await pool.query('analyze goals, tasks')
  const { deps, plans } = collectPlans(api)
  const actor = actorOf(ada.id)
  await listGoals(deps, actor, {})
  await listTasks(deps, actor, {})
  await listTasks(deps, actor, { assignedTo: 'me' })
  await listTasksOfGoal(deps, actor, goal.id, {})
  for (const plan of plans) {
    expect(plan).toMatch(/Index Scan using (goals_owner|tasks_(owner|assignee|goal))_newest/)
    // A merge of two ordered scans is the only sorting that is allowed.
    expect(plan).not.toMatch(/Sort\b(?! Key)/)
    expect(plan).not.toContain('Seq Scan')
  }
  expect(plans).toHaveLength(4)
})

test('a list is paged through when every filter is set', async ({ api }) => {
  const ada = await api.as()
  const goal = await ada.createGoal()
  for (let i = 0; i < 3; i++) await ada.createTask(goal.id, { assignedTo: ada.id, tags: ['t'], dueDate: '2027-01-02' })
  const filters = 'status=TODO&priority=MEDIUM&tag=t&dueBefore=2027-02-01&dueAfter=2027-01-01'
  const others = `assignedTo=${(await api.as()).id}`
  expect(await walk(ada, `/v1/tasks?${filters}`, 1)).toHaveLength(3)
  expect(await walk(ada, `/v1/goals/${goal.id}/tasks?${filters}&assignedTo=me`, 1)).toHaveLength(3)
  expect(await walk(ada, `/v1/tasks?${filters}&${others}`, 1)).toEqual([])
})
