import { expect } from 'vitest'
import { matrixActors } from '../../src/resource/http/access.ts'
import { overwrite } from '../support/client.ts'
import { type Actors, type Fixture, goalSecret, test } from './actors.ts'
import type { ActorName } from './matrix.ts'

test('an assignee sees the summary of a goal for every query', async ({ actors, fixture }) => {
  const { owner, assignee, 'creator who sees the goal': creator } = actors
  const { goal } = fixture
  const url = `/v1/goals/${goal}`
  const summary = { id: goal, title: 'A goal', status: 'ACTIVE', targetDate: null, view: 'summary' }
  for (const reader of [assignee, creator]) {
    for (const query of ['', '?include=progress,capabilities', '?includeDeleted=true']) {
      const seen = await reader.get(url + query)
      expect(seen.body, query).toEqual(summary)
      expect(seen.headers.etag, query).toMatch(/^W\//)
    }
  }
  const tag = String((await assignee.get(url)).headers.etag)
  expect(await assignee.get(url, { 'if-none-match': tag })).toMatchObject({ status: 304, text: '' })
  // A change of a hidden field leaves the tag valid, and the tag of the owner matches nothing.
  await owner.patch(url, { description: `${goalSecret} still` }, overwrite)
  expect((await assignee.get(url, { 'if-none-match': tag })).status).toBe(304)
  for (const version of ['"1"', '"2"', 'W/"2"'])
    expect((await assignee.get(url, { 'if-none-match': version })).status, version).toBe(200)
  expect((await owner.patch(url, { title: 'x' }, { 'if-match': tag })).status).toBe(412)
  await owner.delete(url)
  const gone = await assignee.get(url)
  expect(gone.body).toMatchObject({ status: 410, restore: `${url}/restore` })
  expect(gone.text).not.toContain(goalSecret)
  expect((await assignee.get(`${url}?includeDeleted=true`)).body).toEqual(summary)
})

test('an assignee gets 404 for the goal when the last of their tasks in it is deleted', async ({ ada, bob }) => {
  const goal = await ada.createGoal()
  const [one, two] = [await ada.createTask(goal.id, { assignedTo: bob.id }), await ada.createTask(goal.id)]
  const read = async () =>
    [await bob.get(`/v1/goals/${goal.id}`), await bob.get(`/v1/goals/${goal.id}/tasks`)].map(({ status }) => status)
  await ada.delete(`/v1/tasks/${two.id}`)
  expect(await read()).toEqual([200, 200])
  await ada.delete(`/v1/tasks/${one.id}`)
  expect(await read()).toEqual([404, 404])
  await ada.actOnTask(one.id, 'restore')
  expect(await read()).toEqual([200, 200])
})

test('a deleted resource is 410 for its readers, 200 on request, 404 for others', async ({ api, actors, fixture }) => {
  const { task, goal } = fixture
  await actors.owner.delete(`/v1/goals/${goal}`)
  const sees = ['owner', 'assignee', 'creator who sees the goal', 'admin']
  for (const actor of matrixActors) {
    for (const url of [`/v1/goals/${goal}`, `/v1/tasks/${task}`]) {
      const plain = await actors[actor].get(url)
      expect(plain.status, `${actor} ${url}`).toBe(sees.includes(actor) ? 410 : 404)
      expect('deletedAt' in plain.body, `${actor} ${url}`).toBe(sees.includes(actor))
      const asked = await actors[actor].get(`${url}?includeDeleted=true`)
      expect(asked.status, `${actor} ${url}`).toBe(sees.includes(actor) ? 200 : 404)
    }
  }
  // After the retention it is missing for its owner too.
  await api.pool.query(`update goals set deleted_at = now() - interval '31 days' where id = $1`, [goal])
  expect((await actors.owner.get(`/v1/goals/${goal}?includeDeleted=true`)).status).toBe(404)
  expect((await actors.owner.actOnGoal(goal, 'restore')).status).toBe(404)
})

/** Adds to a fixture one more task of the owner alone, and three deleted tasks, named by their reader. */
async function addListedTasks(actors: Actors, fixture: Fixture) {
  const { owner, assignee, 'creator who sees the goal': creator } = actors
  const plain = await owner.createTask(fixture.goal)
  const deletedPlain = await owner.createTask(fixture.goal)
  const deletedAssigned = await owner.createTask(fixture.goal, { assignedTo: assignee.id })
  const deletedCreated = await creator.asAdmin.createTask(fixture.goal)
  for (const { id } of [deletedPlain, deletedAssigned, deletedCreated]) await owner.delete(`/v1/tasks/${id}`)
  return {
    ...fixture,
    plain: plain.id,
    deletedPlain: deletedPlain.id,
    deletedAssigned: deletedAssigned.id,
    deletedCreated: deletedCreated.id,
  }
}

type Listed = { live: string[]; deleted: string[] }

test('a list shows exactly the entries that its reader may see, live and deleted', async ({ actors, fixture }) => {
  const s = await addListedTasks(actors, fixture)
  const all = {
    live: [s.task, s.taskByBlindCreator, s.taskOfCreator, s.plain],
    deleted: [s.deletedPlain, s.deletedAssigned, s.deletedCreated],
  }
  const nothing = { live: [], deleted: [] }
  const shown: Record<ActorName, Listed> = {
    owner: all,
    assignee: { live: [s.task, s.taskByBlindCreator], deleted: [s.deletedAssigned] },
    'former assignee': nothing,
    'creator who sees the goal': { live: [s.task, s.taskOfCreator], deleted: [s.deletedCreated] },
    'creator who does not': nothing,
    stranger: nothing,
    admin: all,
  }
  const inFixture = new Set([...all.live, ...all.deleted, s.goal])
  const idsOf = async (actor: ActorName, url: string) => {
    const { body, text, status } = await actors[actor].get(url)
    if (status === 200 && actor !== 'owner' && actor !== 'admin')
      expect(text, `${actor} ${url}`).not.toContain(goalSecret)
    return status === 200
      ? (body.data ?? [])
          .map(({ id }) => String(id))
          .filter((id) => inFixture.has(id))
          .toSorted()
      : status
  }
  for (const actor of matrixActors) {
    const { live, deleted } = shown[actor]
    const readsGoal = live.length > 0
    for (const [query, expected] of [
      ['', live],
      ['deleted=exclude', live],
      ['deleted=only', deleted],
      ['deleted=include', [...live, ...deleted]],
      ['deleted=include&status=TODO,BLOCKED', [...live, ...deleted]],
    ] as const) {
      const what = `${actor} ?${query}`
      expect(await idsOf(actor, `/v1/goals/${s.goal}/tasks?${query}`), what).toEqual(
        readsGoal ? expected.toSorted() : 404,
      )
      // Across goals, an administrator gets the tasks of their own user only.
      expect(await idsOf(actor, `/v1/tasks?limit=200&${query}`), what).toEqual(
        actor === 'admin' ? [] : expected.toSorted(),
      )
      const goals = actor === 'owner' && !query.startsWith('deleted=only') ? [s.goal] : []
      expect(await idsOf(actor, `/v1/goals?limit=200&${query.replace(/&status.*/, '')}`), what).toEqual(goals)
    }
  }
  const { owner, assignee, stranger } = actors
  expect((await stranger.get(`/v1/tasks?assignedTo=${assignee.id}&deleted=include`)).body.data).toEqual([])
  expect((await stranger.get(`/v1/goals/${s.goal}/tasks?assignedTo=${assignee.id}`)).status).toBe(404)
  const mine = await assignee.get('/v1/tasks?assignedTo=me&deleted=include')
  expect(mine.body.data?.map(({ id }) => id)).toEqual(
    expect.arrayContaining([s.task, s.taskByBlindCreator, s.deletedAssigned]),
  )
  const byOther = await owner.get(`/v1/tasks?assignedTo=${assignee.id}&limit=200`)
  expect(byOther.body.data?.every(({ assignedTo }) => assignedTo === assignee.id)).toBe(true)
})
