import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { test } from '../support/test.ts'

test('another user gets 404 for every request about a goal', async ({ ada, bob }) => {
  const goal = await ada.createGoal()
  expect((await bob.get(`/v1/goals/${goal.id}`)).status).toBe(404)
  expect((await bob.patchGoal(goal.id, { title: 'x' })).status).toBe(404)
  expect((await bob.actOnGoal(goal.id, 'complete')).status).toBe(404)
  expect((await bob.delete(`/v1/goals/${goal.id}`)).status).toBe(404)
  expect((await bob.get(`/v1/goals/${goal.id}/history`)).status).toBe(404)
  expect((await bob.get(`/v1/goals/${goal.id}/tasks`)).status).toBe(404)
  expect((await bob.post(`/v1/goals/${goal.id}/tasks`, { title: 'x' })).status).toBe(404)
  expect((await bob.get('/v1/goals')).body.data).toEqual([])
  expect((await ada.get(`/v1/goals/${randomUUID()}`)).status).toBe(404)
})

test('an assignee sees the summary of a goal and cannot change it', async ({ ada, bob }) => {
  const goal = await ada.createGoal({ description: 'private' })
  await ada.createTask(goal.id, { assignedTo: bob.id })
  const summary = await bob.get(`/v1/goals/${goal.id}`)
  expect(summary.body).toEqual({ id: goal.id, title: 'A goal', status: 'ACTIVE', targetDate: null, view: 'summary' })
  // A weak tag of this view: it names no version.
  expect(summary.headers.etag).toMatch(/^W\//)
  expect((await bob.patchGoal(goal.id, { title: 'x' })).status).toBe(403)
  expect((await bob.delete(`/v1/goals/${goal.id}`)).status).toBe(403)
  const probes = [
    bob.patchGoal(goal.id, {}),
    bob.patchGoal(goal.id, { description: 'private' }, { 'if-match': '"9"' }),
    bob.delete(`/v1/goals/${goal.id}`, { 'if-match': '"9"' }),
    bob.post(`/v1/goals/${goal.id}/complete`, undefined, { 'if-match': '"9"' }),
  ]
  for (const refused of await Promise.all(probes)) {
    expect(refused.status).toBe(403)
    expect(refused.text).not.toContain('private')
  }
  expect((await bob.get(`/v1/goals/${goal.id}/history`)).status).toBe(403)
  expect((await bob.post(`/v1/goals/${goal.id}/tasks`, { title: 'x' })).status).toBe(403)
})

test('an administrator changes the goal of another user under their own id', async ({ api, ada, admin }) => {
  const goal = await ada.createGoal()
  expect(await admin.patchGoal(goal.id, { title: 'Seen to' }, { 'if-match': '"1"' })).toMatchObject({
    status: 200,
    body: { userId: ada.id },
  })
  expect((await api.lastEventOf(goal.id))?.actor).toBe(admin.id)
})
