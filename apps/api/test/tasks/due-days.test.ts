import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { test } from '../support/test.ts'

/** Returns the ids of the tasks that a query finds, sorted. */
const findTasks = async (client: Client, goalId: string, query: string) =>
  (await client.get(`/v1/goals/${goalId}/tasks?${query}`)).body.data?.map(({ id }) => String(id)).toSorted()

test('a due instant counts as its day in its own zone, and both bounds exclude their day', async ({ ada }) => {
  const { id } = await ada.createGoal()
  const due = async (fields: object) => (await ada.createTask(id, fields)).id
  const evening = await due({ dueAt: '2027-03-01T04:00:00Z', dueZone: 'America/Los_Angeles' })
  const morning = await due({ dueAt: '2027-02-28T16:00:00Z', dueZone: 'Asia/Tokyo' })
  const utc = await due({ dueAt: '2027-02-28T23:59:59Z' })
  const day = await due({ dueDate: '2027-03-01' })
  expect(await findTasks(ada, id, 'dueBefore=2027-03-01')).toEqual([evening, utc].toSorted())
  expect(await findTasks(ada, id, 'dueAfter=2027-02-28')).toEqual([morning, day].toSorted())
  expect(await findTasks(ada, id, 'dueAfter=2027-02-28&dueBefore=2027-03-01')).toEqual([])
})

test.for([
  ['+02:00', '2027-03-01'],
  ['+02', '2027-03-01'],
  ['+0030', '2027-03-01'],
  ['-0030', '2027-02-28'],
  ['Mars/Olympus', '2027-02-28'],
] as const)('a task of an earlier version is due in its zone %s on %s', async ([zone, day], { api, ada }) => {
  const { id } = await ada.createGoal()
  const task = await ada.createTask(id, { dueAt: '2027-02-28T23:45:00Z' })
  await api.pool.query('update tasks set due_zone = $2 where id = $1', [task.id, zone])
  const after = await findTasks(ada, id, 'dueAfter=2027-02-28')
  const before = await findTasks(ada, id, 'dueBefore=2027-03-01')
  expect({ after, before }).toEqual(
    day === '2027-03-01' ? { after: [task.id], before: [] } : { after: [], before: [task.id] },
  )
})

test.for(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])(
  'a list finds a task that is due at %s',
  async (dueAt, { ada }) => {
    const { id } = await ada.createGoal()
    const tasks = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'].map((dueZone) => ada.createTask(id, { dueAt, dueZone }))
    const ids = (await Promise.all(tasks)).map((task) => task.id).toSorted()
    const query = dueAt.startsWith('0') ? 'dueBefore=0001-01-03' : 'dueAfter=9999-12-30'
    expect(await findTasks(ada, id, query)).toEqual(ids)
  },
)
