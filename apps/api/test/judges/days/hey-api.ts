import assert from 'node:assert/strict'
import { createClient, createConfig } from './client/client'
import {
  addDependency,
  completeGoal,
  completeTask,
  createGoal,
  createTask,
  deleteGoal,
  listTasksOfGoal,
  patchGoal,
  readTask,
  reopenGoal,
  restoreGoal,
} from './client/sdk.gen'

/** A day's work with a client of hey-api. */
export async function day({ address, token }: { address: string; token: string }): Promise<void> {
  const client = createClient(createConfig({ baseUrl: address, auth: token }))

  const create = () =>
    createGoal({ client, headers: { 'idempotency-key': 'morning' }, body: { title: 'Learn to sail' } })
  const [first, again] = [await create(), await create()]
  assert(first.data && again.data)
  assert.equal(again.data.id, first.data.id)
  assert.equal(again.response?.headers.get('idempotency-replayed'), 'true')
  const path = { goalId: first.data.id }

  const ids: string[] = []
  for (const title of ['Theory', 'Practice', 'Exam']) {
    const { data } = await createTask({ client, path, body: { title, priority: 'HIGH' } })
    assert(data)
    ids.push(data.id)
  }
  const [theory = '', practice = ''] = ids
  const link = (taskId: string, blockerId: string) => addDependency({ client, path: { taskId, blockerId }, body: {} })
  assert.equal((await link(practice, theory)).data?.status, 'BLOCKED')

  const cycle = await link(theory, practice)
  assert(cycle.error?.code === 'dependency-cycle')
  assert.deepEqual(new Set(cycle.error.cycle), new Set([theory, practice]))
  const early = await completeTask({ client, path: { taskId: practice }, body: {} })
  assert(early.error?.code === 'task-blocked')
  assert.deepEqual(early.error.blockers, [theory])
  const patch = (tag: string) =>
    patchGoal({ client, path, headers: { 'if-match': tag }, body: { title: 'Learn to sail at sea' } })
  const tag = first.response?.headers.get('etag') ?? ''
  assert.equal((await patch(tag)).data?.title, 'Learn to sail at sea')
  const stale = await patch('"1"')
  if (stale.error?.code === 'version-conflict') assert.equal(stale.error.currentVersion, 2)

  const listed: string[] = []
  for (let cursor: string | undefined; ; ) {
    const query = { limit: 2, ...(cursor !== undefined && { cursor }) }
    const { data } = await listTasksOfGoal({ client, path, query })
    assert(data)
    listed.push(...data.data.map((task) => task.id))
    if (data.page.nextCursor === null) break
    cursor = data.page.nextCursor
  }
  assert.deepEqual(new Set(listed), new Set(ids))

  const closed = await completeGoal({ client, path, body: { openTasks: 'complete' } })
  assert.equal(closed.data?.status, 'COMPLETED')
  const statusOf = async (taskId: string) => (await readTask({ client, path: { taskId } })).data?.status
  assert.equal(await statusOf(practice), 'COMPLETED')
  await reopenGoal({ client, path, body: {} })
  assert.equal(await statusOf(practice), 'BLOCKED')

  assert.equal((await deleteGoal({ client, path })).response?.status, 204)
  const gone = await readTask({ client, path: { taskId: practice } })
  assert(gone.error?.code === 'gone')
  assert(Date.parse(gone.error.purgeAt) > Date.now())
  assert.equal((await restoreGoal({ client, path, body: {} })).data?.deletedAt, null)
  assert.equal(await statusOf(practice), 'BLOCKED')
}
