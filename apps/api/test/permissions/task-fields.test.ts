import { digestTables } from '@goals-tasks/db/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp } from '../support/test-app.ts'
import { type Cast, createCast, setScene } from './actors.ts'
import { overwrite } from './request.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let cast: Cast
beforeAll(async () => {
  api = await startTestApp()
  cast = await createCast(api)
})
afterAll(() => api.close())

async function unchanged(work: () => Promise<void>) {
  const before = await digestTables(api.pool)
  await work()
  expect(await digestTables(api.pool)).toEqual(before)
}

/** Another value for each field that a patch of a task may name. */
const otherValues = (): Record<string, unknown> => ({
  title: 'Another',
  goalId: cast.assignee.ownGoal,
  assignedTo: cast.stranger.id,
  description: 'Another',
  priority: 'CRITICAL',
  dueDate: '2027-01-31',
  dueAt: '2027-01-31T12:00:00.000Z',
  dueZone: 'Europe/Berlin',
  estimatedHours: 5,
  tags: ['another'],
  metadata: { another: 1 },
  dependencies: [cast.assignee.ownTask],
})
/** What an assignee may change, and what is no field of the task's. */
const assigneesOwn = ['status', 'actualHours', 'force', 'version']

test('an assignee changes status and actual hours, may give the task back, and is refused every other field', async () => {
  const { assignee } = cast
  const { bySeeing: task } = await setScene(cast)
  const url = `/v1/tasks/${task}`
  const document = api.app.swagger() as unknown as {
    paths: Record<string, { patch: { requestBody: { content: Record<string, { schema: { properties: object } }> } } }>
  }
  const body = document.paths['/v1/tasks/{taskId}']?.patch.requestBody.content['application/merge-patch+json']
  const values = otherValues()
  expect(Object.keys(body?.schema.properties ?? {}).toSorted()).toEqual(
    [...Object.keys(values), ...assigneesOwn].toSorted(),
  )
  await unchanged(async () => {
    for (const [field, value] of Object.entries(values)) {
      // Alone, beside what is allowed, and with a due instant for the zone.
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

test('a creator who sees the goal changes every field, and what they hand over is theirs no more', async () => {
  const { owner, stranger, 'creator who sees the goal': creator } = cast
  const { bySeeing, seeing } = await setScene(cast)
  const { goalId: _, dueAt, dueZone, dependencies: __, ...values } = otherValues()
  for (const patch of [values, { dueDate: null, dueAt, dueZone }, { dependencies: [creator.ownTask] }]) {
    const changed = await creator.patch(`/v1/tasks/${bySeeing}`, patch, overwrite)
    expect(changed, JSON.stringify(patch)).toMatchObject({ status: 200, body: patch })
  }
  expect((await stranger.get(`/v1/tasks/${bySeeing}`)).status).toBe(200)
  await owner.patch(`/v1/tasks/${seeing}`, { assignedTo: null }, overwrite)
  expect((await creator.get(`/v1/tasks/${bySeeing}`)).status).toBe(404)
  expect((await creator.patch(`/v1/tasks/${bySeeing}`, { title: 'x' }, overwrite)).status).toBe(404)
})

test('only who owns the goal forces a blocked task, and that is on record', async () => {
  const { owner, assignee, admin, stranger, 'creator who sees the goal': creator } = cast
  for (const by of [owner, creator, admin]) {
    const { bySeeing: task } = await setScene(cast)
    await owner.put(`/v1/tasks/${task}/dependencies/${owner.ownTask}`)
    await unchanged(async () => {
      for (const attempt of [
        assignee.post(`/v1/tasks/${task}/complete`, { force: true }),
        assignee.patch(`/v1/tasks/${task}`, { status: 'COMPLETED', force: true }, overwrite),
      ])
        expect((await attempt).body).toMatchObject({ status: 403, code: 'forbidden' })
      expect((await stranger.post(`/v1/tasks/${task}/complete`, { force: true })).status).toBe(404)
      const unforced = await by.post(`/v1/tasks/${task}/complete`)
      expect(unforced.body).toMatchObject({ status: 409, code: 'task-blocked', blockers: [owner.ownTask] })
    })
    expect((await by.post(`/v1/tasks/${task}/complete`, { force: true })).status).toBe(200)
    const { body } = await owner.get(`/v1/tasks/${task}/history?limit=1`)
    expect(body.data?.[0]).toMatchObject({ reason: 'forced', actorId: by.id, asAdmin: by === admin })
  }
})

test('a task moves into a goal of the mover only', async () => {
  const { owner, admin, stranger, assignee, 'creator who sees the goal': creator } = cast
  const { bySeeing: task } = await setScene(cast)
  const move = (by: typeof owner, goalId: string) => by.patch(`/v1/tasks/${task}`, { goalId }, overwrite)
  const elsewhere = await stranger.goal()
  await stranger.task(elsewhere.id, { assignedTo: owner.id })
  await unchanged(async () => {
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

test('who waits must be writable and what is waited for readable, by whichever way the edge comes', async () => {
  const { owner, assignee, stranger, admin } = cast
  const { bySeeing, byBlind } = await setScene(cast)
  const mine = assignee.ownTask
  const usesTask = (blocker: string) => [
    assignee.put(`/v1/tasks/${mine}/dependencies/${blocker}`),
    assignee.patch(`/v1/tasks/${mine}`, { dependencies: [blocker] }, overwrite),
    assignee.post(`/v1/goals/${assignee.ownGoal}/tasks`, { title: 'x', dependencies: [blocker] }),
  ]
  await unchanged(async () => {
    for (const blocker of [stranger.ownTask, owner.ownTask]) {
      const [put, ...others] = await Promise.all(usesTask(blocker))
      expect(put?.status).toBe(404)
      for (const { body } of others)
        expect(body).toMatchObject({ status: 422, errors: [{ pointer: '/dependencies/0' }] })
    }
    // Readable for the assignee, but not theirs to make wait.
    expect((await assignee.put(`/v1/tasks/${bySeeing}/dependencies/${byBlind}`)).status).toBe(403)
    expect((await stranger.put(`/v1/tasks/${bySeeing}/dependencies/${stranger.ownTask}`)).status).toBe(404)
  })
  for (const accepted of await Promise.all(usesTask(bySeeing))) expect(accepted.status).toBeLessThan(300)
  // Once it is out of sight the edge stays, and may be let go.
  await owner.patch(`/v1/tasks/${bySeeing}`, { assignedTo: null }, overwrite)
  const kept = await assignee.patch(`/v1/tasks/${mine}`, { dependencies: [bySeeing], title: 'Kept' }, overwrite)
  expect(kept).toMatchObject({ status: 200, body: { title: 'Kept', dependencies: [bySeeing] } })
  expect((await assignee.put(`/v1/tasks/${mine}/dependencies/${bySeeing}`)).status).toBe(404)
  expect((await assignee.delete(`/v1/tasks/${mine}/dependencies/${bySeeing}`)).body).toMatchObject({ dependencies: [] })
  expect((await admin.put(`/v1/tasks/${mine}/dependencies/${stranger.ownTask}`)).status).toBe(200)
})
