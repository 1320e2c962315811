import { randomUUID } from 'node:crypto'
import { digestTables } from '@goals-tasks/db/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp } from '../support/test-app.ts'
import { type Cast, createCast, goalSecret, type Scene, setScene, taskSecret } from './actors.ts'
import { type ActorName, matrixActors } from './matrix.ts'
import { overwrite } from './request.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let cast: Cast
beforeAll(async () => {
  api = await startTestApp()
  cast = await createCast(api)
})
afterAll(() => api.close())

test('whoever is assigned a task sees four fields of its goal, whatever they ask for', async () => {
  const { owner, assignee, 'creator who sees the goal': creator } = cast
  const { goal } = await setScene(cast)
  const url = `/v1/goals/${goal}`
  const header = { id: goal, title: 'A goal', status: 'ACTIVE', targetDate: null }
  for (const reader of [assignee, creator]) {
    for (const query of ['', '?include=progress,capabilities', '?includeDeleted=true']) {
      const seen = await reader.get(url + query)
      expect(seen.body, query).toEqual(header)
      expect(seen.headers.etag, query).toMatch(/^W\//)
    }
  }
  const tag = String((await assignee.get(url)).headers.etag)
  expect(await assignee.get(url, { 'if-none-match': tag })).toMatchObject({ status: 304, text: '' })
  // A change of what they do not see is no news to them; and the owner's tag tells them nothing.
  await owner.patch(url, { description: `${goalSecret} still` }, overwrite)
  expect((await assignee.get(url, { 'if-none-match': tag })).status).toBe(304)
  for (const version of ['"1"', '"2"', 'W/"2"'])
    expect((await assignee.get(url, { 'if-none-match': version })).status, version).toBe(200)
  expect((await owner.patch(url, { title: 'x' }, { 'if-match': tag })).status).toBe(412)
  await owner.delete(url)
  const gone = await assignee.get(url)
  expect(gone.body).toMatchObject({ status: 410, restore: `${url}/restore` })
  expect(gone.text).not.toContain(goalSecret)
  expect((await assignee.get(`${url}?includeDeleted=true`)).body).toEqual(header)
})

test('what was deleted is 410 for its readers and 200 when asked for, and never there for others', async () => {
  const { bySeeing, goal } = await setScene(cast)
  await cast.owner.delete(`/v1/goals/${goal}`)
  const sees = ['owner', 'assignee', 'creator who sees the goal', 'admin']
  for (const actor of matrixActors) {
    for (const url of [`/v1/goals/${goal}`, `/v1/tasks/${bySeeing}`]) {
      const plain = await cast[actor].get(url)
      expect(plain.status, `${actor} ${url}`).toBe(sees.includes(actor) ? 410 : 404)
      expect('deletedAt' in plain.body, `${actor} ${url}`).toBe(sees.includes(actor))
      const asked = await cast[actor].get(`${url}?includeDeleted=true`)
      expect(asked.status, `${actor} ${url}`).toBe(sees.includes(actor) ? 200 : 404)
    }
  }
  // Beyond the retention it counts as gone for good, for its owner too.
  await api.pool.query(`update goals set deleted_at = now() - interval '31 days' where id = $1`, [goal])
  expect((await cast.owner.get(`/v1/goals/${goal}?includeDeleted=true`)).status).toBe(404)
  expect((await cast.owner.post(`/v1/goals/${goal}/restore`)).status).toBe(404)
})

/** A goal with live and deleted tasks: whose is whose stands in the names. */
async function setLists() {
  const { owner, assignee, 'creator who sees the goal': creator } = cast
  const scene = await setScene(cast)
  const plain = await owner.task(scene.goal)
  const plainGone = await owner.task(scene.goal)
  const assignedGone = await owner.task(scene.goal, { assignedTo: assignee.id })
  const createdGone = await creator.asAdmin.task(scene.goal)
  for (const { id } of [plainGone, assignedGone, createdGone]) await owner.delete(`/v1/tasks/${id}`)
  return {
    ...scene,
    plain: plain.id,
    plainGone: plainGone.id,
    assignedGone: assignedGone.id,
    createdGone: createdGone.id,
  }
}

type Shown = { live: string[]; gone: string[] }

test('a list shows what its reader may see and nothing else, deleted or not', async () => {
  const s = await setLists()
  const all = {
    live: [s.bySeeing, s.byBlind, s.seeing, s.plain],
    gone: [s.plainGone, s.assignedGone, s.createdGone],
  }
  const nothing = { live: [], gone: [] }
  const shown: Record<ActorName, Shown> = {
    owner: all,
    assignee: { live: [s.bySeeing, s.byBlind], gone: [s.assignedGone] },
    'former assignee': nothing,
    'creator who sees the goal': { live: [s.bySeeing, s.seeing], gone: [s.createdGone] },
    'creator who does not': nothing,
    stranger: nothing,
    admin: all,
  }
  const inScene = new Set([...all.live, ...all.gone, s.goal])
  const idsOf = async (actor: ActorName, url: string) => {
    const { body, text, status } = await cast[actor].get(url)
    if (status === 200 && actor !== 'owner' && actor !== 'admin')
      expect(text, `${actor} ${url}`).not.toContain(goalSecret)
    return status === 200
      ? (body.data ?? [])
          .map(({ id }) => String(id))
          .filter((id) => inScene.has(id))
          .toSorted()
      : status
  }
  for (const actor of matrixActors) {
    const { live, gone } = shown[actor]
    const readsGoal = live.length > 0
    for (const [query, expected] of [
      ['', live],
      ['deleted=exclude', live],
      ['deleted=only', gone],
      ['deleted=include', [...live, ...gone]],
      ['deleted=include&status=TODO,BLOCKED', [...live, ...gone]],
    ] as const) {
      const what = `${actor} ?${query}`
      expect(await idsOf(actor, `/v1/goals/${s.goal}/tasks?${query}`), what).toEqual(
        readsGoal ? expected.toSorted() : 404,
      )
      // Across goals an administrator has their own: everybody's is no list of anybody's.
      expect(await idsOf(actor, `/v1/tasks?limit=200&${query}`), what).toEqual(
        actor === 'admin' ? [] : expected.toSorted(),
      )
      const goals = actor === 'owner' && !query.startsWith('deleted=only') ? [s.goal] : []
      expect(await idsOf(actor, `/v1/goals?limit=200&${query.replace(/&status.*/, '')}`), what).toEqual(goals)
    }
  }
  const { owner, assignee, stranger } = cast
  expect((await stranger.get(`/v1/tasks?assignedTo=${assignee.id}&deleted=include`)).body.data).toEqual([])
  expect((await stranger.get(`/v1/goals/${s.goal}/tasks?assignedTo=${assignee.id}`)).status).toBe(404)
  const mine = await assignee.get('/v1/tasks?assignedTo=me&deleted=include')
  expect(mine.body.data?.map(({ id }) => id)).toEqual(expect.arrayContaining([s.bySeeing, s.byBlind, s.assignedGone]))
  const byOther = await owner.get(`/v1/tasks?assignedTo=${assignee.id}&limit=200`)
  expect(byOther.body.data?.every(({ assignedTo }) => assignedTo === assignee.id)).toBe(true)
})

test('a cursor of another grants nothing', async () => {
  const { owner, stranger, assignee } = cast
  const s = await setLists()
  const first = await owner.get(`/v1/goals/${s.goal}/tasks?limit=1`)
  const { nextCursor } = first.body.page as { nextCursor: string }
  const url = `/v1/goals/${s.goal}/tasks?limit=200&cursor=${nextCursor}`
  expect((await stranger.get(url)).status).toBe(404)
  const ids = (await assignee.get(url)).body.data?.map(({ id }) => id)
  expect(ids?.every((id) => id === s.bySeeing || id === s.byBlind)).toBe(true)
})

test('whose change it was, and whether as an administrator, stands in the event, in the history and in every row of a cascade', async () => {
  const { owner, assignee, admin } = cast
  const { goal, bySeeing } = await setScene(cast)
  const waiting = await owner.task(owner.ownGoal, { dependencies: [bySeeing] })
  const steps = [
    { by: assignee, act: () => assignee.post(`/v1/tasks/${bySeeing}/start`) },
    { by: admin, act: () => admin.patch(`/v1/tasks/${bySeeing}`, { priority: 'HIGH' }, overwrite) },
    { by: admin, act: () => admin.post(`/v1/goals/${goal}/complete`, { openTasks: 'complete', force: true }) },
    { by: admin, act: () => admin.post(`/v1/goals/${goal}/reopen`) },
    { by: owner, act: () => owner.post(`/v1/goals/${goal}/cancel`) },
    { by: admin, act: () => admin.delete(`/v1/goals/${goal}`) },
    { by: owner, act: () => owner.post(`/v1/goals/${goal}/restore`) },
    {
      by: { id: owner.id, asAdmin: true },
      act: () => owner.asAdmin.patch(`/v1/goals/${goal}`, { title: 'x' }, overwrite),
    },
  ]
  for (const [i, { by, act }] of steps.entries()) {
    const answer = await act()
    expect(answer.status, `step ${i}: ${answer.text}`).toBeLessThan(300)
    const { rows } = await api.pool.query(
      'select aggregate_id as id, actor_id, as_admin from events where correlation_id = $1',
      [answer.headers['x-request-id']],
    )
    const asAdmin = by === admin || by.asAdmin === true
    expect(rows.length, `step ${i}`).toBeGreaterThan(0)
    for (const row of rows) expect(row, `step ${i}`).toMatchObject({ actor_id: by.id, as_admin: asAdmin })
    // Who is freed or blocked by it from another goal is part of it.
    if (i === 2) expect(rows.map(({ id }) => id)).toContain(waiting.id)
  }
  const history = async (url: string) =>
    (await owner.get(`${url}/history?limit=200`)).body.data?.map(({ actorId, asAdmin }) => [actorId, asAdmin])
  const ofGoal = await history(`/v1/goals/${goal}`)
  expect(ofGoal).toEqual([
    [owner.id, true],
    [owner.id, false],
    [admin.id, true],
    [owner.id, false],
    [admin.id, true],
    [admin.id, true],
    [owner.id, false],
  ])
  const ofTask = await history(`/v1/tasks/${bySeeing}`)
  expect(ofTask?.at(-1)).toEqual([cast['creator who sees the goal'].id, true])
  expect(ofTask?.slice(0, 2)).toEqual([
    [owner.id, false],
    [admin.id, true],
  ])
})

test('who sees an event are those who saw the task: a creator too, when it comes back with its goal', async () => {
  const { owner, 'creator who sees the goal': creator, 'creator who does not': blind } = cast
  const { goal, bySeeing, byBlind } = await setScene(cast)
  await owner.delete(`/v1/goals/${goal}`)
  await owner.post(`/v1/goals/${goal}/restore`)
  const readersOf = async (id: string) =>
    (
      await api.pool.query(
        `select e.type, array_agg(reader_id::text) as readers from events e join event_readers r on r.event_id = e.id
         where aggregate_id = $1 group by e.id, e.position order by e.position desc limit 2`,
        [id],
      )
    ).rows
  for (const { type, readers } of await readersOf(bySeeing)) expect(readers, type).toContain(creator.id)
  for (const { type, readers } of await readersOf(byBlind)) expect(readers, type).not.toContain(blind.id)
})

/** Requests that the owner makes with a key, and that others then repeat with the same one. */
const keyed = (s: Scene) =>
  [
    ['patch', `/v1/goals/${s.goal}`, { priority: 'HIGH' }],
    ['post', `/v1/goals/${s.goal}/hold`, {}],
    ['post', `/v1/goals/${s.goal}/tasks`, { title: taskSecret }],
    ['patch', `/v1/tasks/${s.bySeeing}`, { description: taskSecret }],
    ['post', `/v1/tasks/${s.bySeeing}/complete`, {}],
    ['delete', `/v1/tasks/${s.bySeeing}`, undefined],
  ] as const

test('an Idempotency-Key answers its principal alone', async () => {
  const { owner } = cast
  const scene = await setScene(cast)
  const send = (actor: ActorName, [method, url, body]: ReturnType<typeof keyed>[number], key: string) => {
    const headers = { ...overwrite, 'idempotency-key': key }
    return method === 'delete' ? cast[actor].delete(url, headers) : cast[actor][method](url, body, headers)
  }
  for (const request of keyed(scene)) {
    const key = randomUUID()
    const first = await send('owner', request, key)
    expect(first.status, request[1]).toBeLessThan(300)
    const before = await digestTables(api.pool)
    for (const actor of ['former assignee', 'creator who does not', 'stranger'] as const) {
      const other = await send(actor, request, key)
      expect(other.status, `${actor} ${request[1]}`).toBe(404)
      expect(other.headers['idempotency-replayed']).toBeUndefined()
      expect(other.text).not.toMatch(new RegExp(`${goalSecret}|${taskSecret}`))
    }
    const again = await send('owner', request, key)
    expect([again.status, again.text, again.headers['idempotency-replayed']]).toEqual([
      first.status,
      first.text,
      'true',
    ])
    expect(await digestTables(api.pool)).toEqual(before)
  }
  expect((await owner.get(`/v1/goals/${scene.goal}`)).body.status).toBe('ON_HOLD')
})

test('with and without the scope admin one user is not answered as the other, even at the same moment', async () => {
  const { stranger, assignee } = cast
  for (let i = 0; i < 5; i++) {
    const { goal, bySeeing } = await setScene(cast)
    const statuses = async (url: string) =>
      (await Promise.all([stranger.asAdmin.get(url), stranger.get(url), stranger.asAdmin.get(url)])).map(
        ({ status }) => status,
      )
    for (const url of [`/v1/goals/${goal}`, `/v1/tasks/${bySeeing}`, `/v1/goals/${goal}/tasks`])
      expect(await statuses(url), url).toEqual([200, 404, 200])
    const [whole, header] = await Promise.all([
      assignee.asAdmin.get(`/v1/goals/${goal}`),
      assignee.get(`/v1/goals/${goal}`),
    ])
    expect(whole.text).toContain(goalSecret)
    expect(header.text).not.toContain(goalSecret)
  }
})
