import { expectInvariants } from '@goals-tasks/db/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp } from './test-app.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
beforeAll(async () => {
  api = await startTestApp()
})
afterAll(() => api.close())

const sabotage: [string, string][] = [
  ['the edges are not what the task shows', `update tasks set dependencies = '[]'`],
  ['the dependents are miscounted', `update tasks set dependents_count = 5`],
  ['at work although it waits', `update tasks set status = 'TODO', completed_at = null`],
  [
    'blocked although it waits for nothing',
    `update tasks set status = 'BLOCKED', completed_at = null, block_kind = 'DEPENDENCY', blocked_from = 'TODO' where dependents_count = 1`,
  ],
  ['alive in a deleted goal', `update goals set deleted_at = now()`],
  ["not its goal's owner's", `update tasks set owner_id = id`],
  [
    'waits for itself',
    `insert into task_dependencies select depends_on_id, task_id from task_dependencies on conflict do nothing`,
  ],
  ['its versions have not one primary event each', `delete from events where aggregate_version = 2`],
  ['a version does not begin where the one before ended', `update events set before = '{}' where ordinal = 0`],
  ['its last event does not tell what it is', `update tasks set title = 'by hand'`],
  ['its completions were not announced once each', `delete from events where ordinal = 1`],
]

test('whatever is wrong in the database is found and named', async () => {
  const ada = await api.as()
  const goal = await ada.goal()
  const blocker = await ada.task(goal.id)
  await ada.task(goal.id, { dependencies: [blocker.id] })
  await ada.post(`/v1/tasks/${blocker.id}/complete`)
  await expectInvariants(api.pool)
  for (const [what, statement] of sabotage) {
    const client = await api.pool.connect()
    try {
      await client.query('begin')
      await client.query(statement)
      await expect(expectInvariants(client), what).rejects.toMatchObject({
        actual: expect.arrayContaining([expect.stringContaining(what)]),
      })
    } finally {
      await client.query('rollback')
      client.release()
    }
  }
})
