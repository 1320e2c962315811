import assert from 'node:assert/strict'
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
} from './client'

/** A day's work with a client of orval, which is generated for one address. */
export async function day({ token }: { address: string; token: string }): Promise<void> {
  const withHeaders = (headers: Record<string, string> = {}) => ({
    headers: { Authorization: `Bearer ${token}`, ...headers },
  })
  const options = withHeaders()

  const create = () => createGoal({ title: 'Learn to sail' }, withHeaders({ 'Idempotency-Key': 'morning' }))
  const [first, again] = [await create(), await create()]
  assert(first.status === 201 && again.status === 201)
  assert.equal(again.data.id, first.data.id)
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  const goalId = first.data.id

  const ids: string[] = []
  for (const title of ['Theory', 'Practice', 'Exam']) {
    const task = await createTask(goalId, { title, priority: 'HIGH' }, options)
    assert(task.status === 201)
    ids.push(task.data.id)
  }
  const [theory = '', practice = ''] = ids
  const blocked = await addDependency(practice, theory, {}, options)
  assert(blocked.status === 200)
  assert.equal(blocked.data.status, 'BLOCKED')

  const cycle = await addDependency(theory, practice, {}, options)
  assert(cycle.status === 409 && cycle.data.code === 'dependency-cycle')
  assert.deepEqual(new Set(cycle.data.cycle), new Set([theory, practice]))
  const early = await completeTask(practice, {}, options)
  assert(early.status === 409 && early.data.code === 'task-blocked')
  assert.deepEqual(early.data.blockers, [theory])
  const patch = (tag: string) => patchGoal(goalId, { title: 'Learn to sail at sea' }, withHeaders({ 'If-Match': tag }))
  const changed = await patch(first.headers.get('etag') ?? '')
  assert(changed.status === 200)
  assert.equal(changed.data.title, 'Learn to sail at sea')
  const stale = await patch('"1"')
  if (stale.status === 412) assert.equal(stale.data.currentVersion, 2)

  const listed: string[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await listTasksOfGoal(goalId, { limit: 2, ...(cursor !== undefined && { cursor }) }, options)
    assert(page.status === 200)
    listed.push(...page.data.data.map((task) => task.id))
    if (page.data.page.nextCursor === null) break
    cursor = page.data.page.nextCursor
  }
  assert.deepEqual(new Set(listed), new Set(ids))

  const closed = await completeGoal(goalId, { openTasks: 'complete' }, options)
  assert(closed.status === 200)
  assert.equal(closed.data.status, 'COMPLETED')
  const statusOf = async (taskId: string) => {
    const task = await readTask(taskId, {}, options)
    return task.status === 200 ? task.data.status : undefined
  }
  assert.equal(await statusOf(practice), 'COMPLETED')
  await reopenGoal(goalId, {}, options)
  assert.equal(await statusOf(practice), 'BLOCKED')

  assert.equal((await deleteGoal(goalId, withHeaders())).status, 204)
  const gone = await readTask(practice, {}, options)
  assert(gone.status === 410 && gone.data.code === 'gone')
  assert(Date.parse(gone.data.purgeAt) > Date.now())
  assert.equal((await restoreGoal(goalId, {}, options)).status, 200)
  assert.equal(await statusOf(practice), 'BLOCKED')
}
