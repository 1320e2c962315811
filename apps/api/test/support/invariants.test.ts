import { expectInvariants } from '@goals-tasks/db/testing'
import { expect } from 'vitest'
import { test } from './test.ts'

/** Statements that break one invariant each, by its name. */
const mutations = {
  'the dependencies of a task differ from its edges': `update tasks set dependencies = '[]'`,
  'dependents_count differs from the number of edges': `update tasks set dependents_count = 5`,
  'a task can be worked on although it has an open blocker': `update tasks set status = 'TODO', completed_at = null`,
  'a task is blocked although it has no open blocker': `
    update tasks set status = 'BLOCKED', completed_at = null, block_kind = 'DEPENDENCY', blocked_from = 'TODO'
    where dependents_count = 1`,
  'a live task belongs to a deleted goal': `update goals set deleted_at = now()`,
  'a task has another owner than its goal': `update tasks set owner_id = id`,
  'a task depends on itself': `
    insert into task_dependencies select depends_on_id, task_id from task_dependencies on conflict do nothing`,
  'a version does not have exactly one primary event': `delete from events where aggregate_version = 2`,
  'the state before a version differs from the state after the previous one': `
    update events set before = '{}' where ordinal = 0`,
  'the last event differs from the row': `update tasks set title = 'by hand'`,
  'a completion does not have exactly one milestone event': `delete from events where ordinal = 1`,
}

test('a broken invariant is found and named', async ({ api, ada }) => {
  const goal = await ada.createGoal()
  const blocker = await ada.createTask(goal.id)
  await ada.createTask(goal.id, { dependencies: [blocker.id] })
  await ada.actOnTask(blocker.id, 'complete')
  await expectInvariants(api.pool)
  for (const [invariant, mutation] of Object.entries(mutations)) {
    const client = await api.pool.connect()
    try {
      await client.query('begin')
      await client.query(mutation)
      await expect(expectInvariants(client), invariant).rejects.toMatchObject({
        actual: expect.arrayContaining([expect.stringContaining(invariant)]),
      })
    } finally {
      await client.query('rollback')
      client.release()
    }
  }
})
