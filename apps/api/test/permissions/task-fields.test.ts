import { digestTables } from '@goals-tasks/db/testing'
import type pg from 'pg'
import { expect } from 'vitest'
import { overwrite } from '../support/client.ts'
import { dereference } from '../support/dereference.ts'
import { type Actors, createFixture, test } from './actors.ts'

/** Runs `work`, which must not write to any table. */
async function expectNoWrites(pool: pg.Pool, work: () => Promise<void>) {
  const before = await digestTables(pool)
  await work()
  expect(await digestTables(pool)).toEqual(before)
}

/** Another value for each field that a patch of a task may name. */
const otherValues = (actors: Actors): Record<string, unknown> => ({
  title: 'Another',
  goalId: actors.assignee.ownGoal,
  assignedTo: actors.stranger.id,
  description: 'Another',
  priority: 'CRITICAL',
  dueDate: '2027-01-31',
  dueAt: '2027-01-31T12:00:00.000Z',
  dueZone: 'Europe/Berlin',
  estimatedHours: 5,
  tags: ['another'],
  metadata: { another: 1 },
  dependencies: [actors.assignee.ownTask],
})

type PatchSchema = { properties: Record<string, { readOnly?: boolean }> }

/** The members of a patch that an assignee may send, and those that are no fields of a task. */
const otherMembers = ['status', 'actualHours', 'force', 'version']

test('an assignee changes status and hours, unassigns, and gets 403 for the rest', async ({ api, actors, fixture }) => {
  const { assignee } = actors
  const { task } = fixture
  const url = `/v1/tasks/${task}`
  const document = dereference<{
    paths: Record<string, { patch: { requestBody: { content: Record<string, { schema: PatchSchema }> } } }>
  }>(api.app.swagger())
  const body = document.paths['/v1/tasks/{taskId}']?.patch.requestBody.content['application/merge-patch+json']
  const values = otherValues(actors)
  const members = Object.entries(body?.schema.properties ?? {})
  const changeable = members.flatMap(([name, { readOnly }]) => (readOnly ? [] : [name]))
  expect(changeable.toSorted()).toEqual([...Object.keys(values), ...otherMembers].toSorted())
  await expectNoWrites(api.pool, async () => {
    for (const [field, value] of Object.entries(values)) {
      // Once alone, and once beside fields that are allowed.
      for (const patch of [{ [field]: value }, { status: 'IN_PROGRESS', actualHours: 1, [field]: value }]) {
        const refused = await assignee.patch(url, patch, overwrite)
        expect(refused, JSON.stringify(patch)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
        expect(refused.body.detail).toContain(field)
      }
    }
    const nothing = { title: 'sesame-of-the-task', assignedTo: assignee.id, dependencies: [], actualHours: null }
    expect((await assignee.patch(url, nothing, { 'if-match': '"77"' })).status).toBe(200)
  })
  const worked = await assignee.patch(url, { status: 'IN_PROGRESS', actualHours: 1.5 }, overwrite)
  expect(worked).toMatchObject({ status: 200, body: { status: 'IN_PROGRESS', actualHours: 1.5 } })
  expect((await assignee.patch(url, { status: 'COMPLETED', assignedTo: null }, overwrite)).status).toBe(200)
  expect((await assignee.get(url)).status).toBe(404)
  expect((await assignee.patch(url, { actualHours: 2 }, overwrite)).status).toBe(404)
})

test('a creator changes every field while they see the goal, and gets 404 afterwards', async ({ actors, fixture }) => {
  const { owner, stranger, 'creator who sees the goal': creator } = actors
  const { task, taskOfCreator } = fixture
  const { goalId: _, dueAt, dueZone, dependencies: __, ...values } = otherValues(actors)
  for (const patch of [values, { dueDate: null, dueAt, dueZone }, { dependencies: [creator.ownTask] }]) {
    const changed = await creator.patch(`/v1/tasks/${task}`, patch, overwrite)
    expect(changed, JSON.stringify(patch)).toMatchObject({ status: 200, body: patch })
  }
  expect((await stranger.get(`/v1/tasks/${task}`)).status).toBe(200)
  await owner.patchTask(taskOfCreator, { assignedTo: null })
  expect((await creator.get(`/v1/tasks/${task}`)).status).toBe(404)
  expect((await creator.patchTask(task, { title: 'x' })).status).toBe(404)
})

test('a blocked task is forced only by an owner, a seeing creator or an administrator', async ({ api, actors }) => {
  const { owner, assignee, admin, stranger, 'creator who sees the goal': creator } = actors
  for (const by of [owner, creator, admin]) {
    const { task } = await createFixture(actors)
    await owner.addDependency(task, owner.ownTask)
    await expectNoWrites(api.pool, async () => {
      for (const attempt of [
        assignee.actOnTask(task, 'complete', { force: true }),
        assignee.patchTask(task, { status: 'COMPLETED', force: true }),
      ])
        expect((await attempt).body).toMatchObject({ status: 403, code: 'forbidden' })
      expect((await stranger.actOnTask(task, 'complete', { force: true })).status).toBe(404)
      const unforced = await by.actOnTask(task, 'complete')
      expect(unforced.body).toMatchObject({ status: 409, code: 'task-blocked', blockers: [owner.ownTask] })
    })
    expect((await by.actOnTask(task, 'complete', { force: true })).status).toBe(200)
    const { body } = await owner.get(`/v1/tasks/${task}/history?limit=1`)
    expect(body.data?.[0]).toMatchObject({ reason: 'forced', actorId: by.id, asAdmin: by === admin })
  }
})

test('a task moves only into a goal of the actor', async ({ api, actors, fixture }) => {
  const { owner, admin, stranger, assignee, 'creator who sees the goal': creator } = actors
  const { task } = fixture
  const move = (by: typeof owner, goalId: string) => by.patchTask(task, { goalId })
  const elsewhere = await stranger.createGoal()
  await stranger.createTask(elsewhere.id, { assignedTo: owner.id })
  await expectNoWrites(api.pool, async () => {
    expect((await move(owner, elsewhere.id)).body).toMatchObject({ status: 403 })
    expect((await move(owner, stranger.ownGoal)).body).toMatchObject({ status: 404 })
    expect((await move(creator, stranger.ownGoal)).body).toMatchObject({ status: 404 })
    expect((await move(assignee, assignee.ownGoal)).body).toMatchObject({ status: 403 })
    expect((await move(assignee, stranger.ownGoal)).body).toMatchObject({ status: 403 })
  })
  expect((await move(owner, owner.ownGoal)).body).toMatchObject({ ownerId: owner.id, assignedTo: assignee.id })
  expect((await creator.get(`/v1/tasks/${task}`)).status).toBe(404)
  expect((await move(admin, stranger.ownGoal)).body).toMatchObject({ goalId: stranger.ownGoal, ownerId: stranger.id })
  expect([(await owner.get(`/v1/tasks/${task}`)).status, (await stranger.get(`/v1/tasks/${task}`)).status]).toEqual([
    404, 200,
  ])
})

test('a dependency needs a writable task and a readable blocker in every request', async ({ api, actors, fixture }) => {
  const { owner, assignee, stranger, admin } = actors
  const { task, taskByBlindCreator } = fixture
  const mine = assignee.ownTask
  const usesTask = (blocker: string) => [
    assignee.addDependency(mine, blocker),
    assignee.patchTask(mine, { dependencies: [blocker] }),
    assignee.post(`/v1/goals/${assignee.ownGoal}/tasks`, { title: 'x', dependencies: [blocker] }),
  ]
  await expectNoWrites(api.pool, async () => {
    for (const blocker of [stranger.ownTask, owner.ownTask]) {
      const [put, ...others] = await Promise.all(usesTask(blocker))
      expect(put?.status).toBe(404)
      for (const { body } of others)
        expect(body).toMatchObject({ status: 422, errors: [{ pointer: '/dependencies/0' }] })
    }
    // The assignee may read the task, but not change its dependencies.
    expect((await assignee.addDependency(task, taskByBlindCreator)).status).toBe(403)
    expect((await stranger.addDependency(task, stranger.ownTask)).status).toBe(404)
  })
  for (const accepted of await Promise.all(usesTask(task))) expect(accepted.status).toBeLessThan(300)
  // The dependency stays when its blocker becomes unreadable, and it can be removed.
  await owner.patchTask(task, { assignedTo: null })
  const kept = await assignee.patchTask(mine, { dependencies: [task], title: 'Kept' })
  expect(kept).toMatchObject({ status: 200, body: { title: 'Kept', dependencies: [task] } })
  expect((await assignee.addDependency(mine, task)).status).toBe(404)
  expect((await assignee.removeDependency(mine, task)).body).toMatchObject({ dependencies: [] })
  expect((await admin.addDependency(mine, stranger.ownTask)).status).toBe(200)
})
