import { randomUUID } from 'node:crypto'
import { digestTables } from '@goals-tasks/db/testing'
import { expect } from 'vitest'
import { overwrite } from '../support/client.ts'
import { createFixture, type Fixture, goalSecret, taskSecret, test } from './actors.ts'
import type { ActorName } from './matrix.ts'

test('a cursor of another user grants no access', async ({ actors, fixture }) => {
  const { owner, stranger, assignee } = actors
  await owner.createTask(fixture.goal)
  const first = await owner.get(`/v1/goals/${fixture.goal}/tasks?limit=1`)
  const { nextCursor } = first.body.page as { nextCursor: string }
  const url = `/v1/goals/${fixture.goal}/tasks?limit=200&cursor=${nextCursor}`
  expect((await stranger.get(url)).status).toBe(404)
  const ids = (await assignee.get(url)).body.data?.map(({ id }) => id)
  expect(ids?.every((id) => id === fixture.task || id === fixture.taskByBlindCreator)).toBe(true)
})

/** Requests that the owner sends with a key, and that other actors repeat with the same key. */
const keyedRequests = (s: Fixture) =>
  [
    ['patch', `/v1/goals/${s.goal}`, { priority: 'HIGH' }],
    ['post', `/v1/goals/${s.goal}/hold`, {}],
    ['post', `/v1/goals/${s.goal}/tasks`, { title: taskSecret }],
    ['patch', `/v1/tasks/${s.task}`, { description: taskSecret }],
    ['post', `/v1/tasks/${s.task}/complete`, {}],
    ['delete', `/v1/tasks/${s.task}`, undefined],
  ] as const

test('a stored response is replayed only to the actor who sent the key', async ({ api, actors, fixture }) => {
  const { owner } = actors
  const send = (actor: ActorName, [method, url, body]: ReturnType<typeof keyedRequests>[number], key: string) => {
    const headers = { ...overwrite, 'idempotency-key': key }
    return method === 'delete' ? actors[actor].delete(url, headers) : actors[actor][method](url, body, headers)
  }
  for (const request of keyedRequests(fixture)) {
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
  expect((await owner.get(`/v1/goals/${fixture.goal}`)).body.status).toBe('ON_HOLD')
})

test('a user gets the right response with and without the scope admin, even at the same moment', async ({ actors }) => {
  const { stranger, assignee } = actors
  for (let i = 0; i < 5; i++) {
    const { goal, task } = await createFixture(actors)
    const statuses = async (url: string) =>
      (await Promise.all([stranger.asAdmin.get(url), stranger.get(url), stranger.asAdmin.get(url)])).map(
        ({ status }) => status,
      )
    for (const url of [`/v1/goals/${goal}`, `/v1/tasks/${task}`, `/v1/goals/${goal}/tasks`])
      expect(await statuses(url), url).toEqual([200, 404, 200])
    const [whole, summary] = await Promise.all([
      assignee.asAdmin.get(`/v1/goals/${goal}`),
      assignee.get(`/v1/goals/${goal}`),
    ])
    expect(whole.text).toContain(goalSecret)
    expect(summary.text).not.toContain(goalSecret)
  }
})
