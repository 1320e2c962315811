import { expect } from 'vitest'
import { test } from './actors.ts'

test('events, history and cascade rows record the actor and the scope admin', async ({ api, actors, fixture }) => {
  const { owner, assignee, admin } = actors
  const { goal, task } = fixture
  const dependent = await owner.createTask(owner.ownGoal, { dependencies: [task] })
  const steps = [
    { by: assignee, act: () => assignee.actOnTask(task, 'start') },
    { by: admin, act: () => admin.patchTask(task, { priority: 'HIGH' }) },
    { by: admin, act: () => admin.actOnGoal(goal, 'complete', { openTasks: 'complete', force: true }) },
    { by: admin, act: () => admin.actOnGoal(goal, 'reopen') },
    { by: owner, act: () => owner.actOnGoal(goal, 'cancel') },
    { by: admin, act: () => admin.delete(`/v1/goals/${goal}`) },
    { by: owner, act: () => owner.actOnGoal(goal, 'restore') },
    {
      by: { id: owner.id, asAdmin: true },
      act: () => owner.asAdmin.patchGoal(goal, { title: 'x' }),
    },
  ]
  for (const [i, { by, act }] of steps.entries()) {
    const answer = await act()
    expect(answer.status, `step ${i}: ${answer.text}`).toBeLessThan(300)
    const { rows } = await api.pool.query(
      'select aggregate_id as id, actor_id, as_admin from events where correlation_id = $1',
      [answer.headers['x-request-id']],
    )
    const asAdmin = by === admin || by.asAdmin === true
    expect(rows.length, `step ${i}`).toBeGreaterThan(0)
    for (const row of rows) expect(row, `step ${i}`).toMatchObject({ actor_id: by.id, as_admin: asAdmin })
    // A dependent task of another goal belongs to the cascade too.
    if (i === 2) expect(rows.map(({ id }) => id)).toContain(dependent.id)
  }
  const history = async (url: string) =>
    (await owner.get(`${url}/history?limit=200`)).body.data?.map(({ actorId, asAdmin }) => [actorId, asAdmin])
  const ofGoal = await history(`/v1/goals/${goal}`)
  expect(ofGoal).toEqual([
    [owner.id, true],
    [owner.id, false],
    [admin.id, true],
    [owner.id, false],
    [admin.id, true],
    [admin.id, true],
    [owner.id, false],
  ])
  const ofTask = await history(`/v1/tasks/${task}`)
  expect(ofTask?.at(-1)).toEqual([actors['creator who sees the goal'].id, true])
  expect(ofTask?.slice(0, 2)).toEqual([
    [owner.id, false],
    [admin.id, true],
  ])
})

test('a creator reads the events of a restored task only while seeing the goal', async ({ api, actors, fixture }) => {
  const { owner, 'creator who sees the goal': creator, 'creator who does not': blind } = actors
  const { goal, task, taskByBlindCreator } = fixture
  await owner.delete(`/v1/goals/${goal}`)
  await owner.actOnGoal(goal, 'restore')
  const readersOf = async (id: string) =>
    (
      await api.pool.query(
        `select e.type, array_agg(reader_id::text) as readers from events e join event_readers r on r.event_id = e.id
         where aggregate_id = $1 group by e.id, e.position order by e.position desc limit 2`,
        [id],
      )
    ).rows
  for (const { type, readers } of await readersOf(task)) expect(readers, type).toContain(creator.id)
  for (const { type, readers } of await readersOf(taskByBlindCreator)) expect(readers, type).not.toContain(blind.id)
})
