import assert from 'node:assert/strict'
import createClient from 'openapi-fetch'
import type { paths } from './client.ts'

/** A day's work with a client of openapi-typescript and openapi-fetch. */
export async function day({ address, token }: { address: string; token: string }): Promise<void> {
  const api = createClient<paths>({ baseUrl: address, headers: { Authorization: `Bearer ${token}` } })

  const header = { 'idempotency-key': 'morning' }
  const create = () => api.POST('/v1/goals', { params: { header }, body: { title: 'Learn to sail' } })
  const [first, again] = [await create(), await create()]
  assert(first.data && again.data)
  assert.equal(again.data.id, first.data.id)
  assert.equal(again.response.headers.get('idempotency-replayed'), 'true')
  const goal = { params: { path: { goalId: first.data.id } } }
  const ofTask = (taskId: string) => ({ params: { path: { taskId } } })

  const ids: string[] = []
  for (const title of ['Theory', 'Practice', 'Exam']) {
    const { data } = await api.POST('/v1/goals/{goalId}/tasks', { ...goal, body: { title, priority: 'HIGH' } })
    assert(data)
    ids.push(data.id)
  }
  const [theory = '', practice = ''] = ids
  const link = (taskId: string, blockerId: string) =>
    api.PUT('/v1/tasks/{taskId}/dependencies/{blockerId}', { params: { path: { taskId, blockerId } }, body: {} })
  const blocked = await link(practice, theory)
  assert.equal(blocked.data?.status, 'BLOCKED')

  const cycle = await link(theory, practice)
  assert(cycle.error?.code === 'dependency-cycle')
  assert.deepEqual(new Set(cycle.error.cycle), new Set([theory, practice]))
  const early = await api.POST('/v1/tasks/{taskId}/complete', { ...ofTask(practice), body: {} })
  assert(early.error?.code === 'task-blocked')
  assert.deepEqual(early.error.blockers, [theory])
  const patch = (tag: string) =>
    api.PATCH('/v1/goals/{goalId}', {
      params: { ...goal.params, header: { 'if-match': tag } },
      body: { title: 'Learn to sail at sea' },
    })
  const tag = first.response.headers.get('etag') ?? ''
  assert.equal((await patch(tag)).data?.title, 'Learn to sail at sea')
  const stale = await patch('"1"')
  if (stale.error?.code === 'version-conflict') assert.equal(stale.error.currentVersion, 2)

  const listed: string[] = []
  for (let cursor: string | undefined; ; ) {
    const query = { limit: 2, ...(cursor !== undefined && { cursor }) }
    const { data } = await api.GET('/v1/goals/{goalId}/tasks', { params: { ...goal.params, query } })
    assert(data)
    listed.push(...data.data.map((task) => task.id))
    if (data.page.nextCursor === null) break
    cursor = data.page.nextCursor
  }
  assert.deepEqual(new Set(listed), new Set(ids))

  const closed = await api.POST('/v1/goals/{goalId}/complete', { ...goal, body: { openTasks: 'complete' } })
  assert.equal(closed.data?.status, 'COMPLETED')
  const statusOf = async (taskId: string) => (await api.GET('/v1/tasks/{taskId}', ofTask(taskId))).data?.status
  assert.equal(await statusOf(practice), 'COMPLETED')
  await api.POST('/v1/goals/{goalId}/reopen', { ...goal, body: {} })
  assert.equal(await statusOf(practice), 'BLOCKED')

  assert.equal((await api.DELETE('/v1/goals/{goalId}', goal)).response.status, 204)
  const gone = await api.GET('/v1/tasks/{taskId}', ofTask(practice))
  assert(gone.error?.code === 'gone')
  assert(Date.parse(gone.error.purgeAt) > Date.now())
  const restored = await api.POST('/v1/goals/{goalId}/restore', { ...goal, body: {} })
  assert.equal(restored.data?.deletedAt, null)
  assert.equal(await statusOf(practice), 'BLOCKED')
}
