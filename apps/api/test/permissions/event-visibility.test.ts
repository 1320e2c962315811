import { expect } from 'vitest'
import type { TestApp } from '../support/test-app.ts'
import { insertWebhook } from '../support/webhooks.ts'
import { type Actors, type Fixture, test } from './actors.ts'
import type { ActorName } from './matrix.ts'

type Response = { status: number; text: string; headers: Record<string, unknown> }
type Step = {
  change: string
  first?: (given: Actors & Fixture) => Promise<unknown>
  act: (given: Actors & Fixture) => Promise<Response>
  /** One line per event: its type, then each reader of the matrix with its visibility. */
  readers: string[]
}

const [owner, assignee, former] = ['owner', 'assignee', 'former assignee'] as const
const [seeing, blind] = ['creator who sees the goal', 'creator who does not'] as const

/** Returns the line of an event. */
const line = (type: string, readers: Partial<Record<ActorName, 'kept' | 'gained' | 'lost'>>) =>
  `${type}: ${Object.entries(readers)
    .map(([reader, visibility]) => `${reader} ${visibility}`)
    .toSorted()
    .join(', ')}`

const everyTask = (type: string) => [
  line(type, { [owner]: 'kept', [assignee]: 'kept', [seeing]: 'kept' }),
  line(type, { [owner]: 'kept', [assignee]: 'kept' }),
  line(type, { [owner]: 'kept', [seeing]: 'kept' }),
]

const steps: Step[] = [
  {
    change: 'a goal is created',
    act: ({ owner }) => owner.post('/v1/goals', { title: 'New' }),
    readers: [line('goal:created', { [owner]: 'gained' })],
  },
  {
    change: 'a goal is changed',
    act: ({ owner, goal }) => owner.patchGoal(goal, { title: 'New' }),
    readers: [line('goal:updated', { [owner]: 'kept' })],
  },
  {
    change: 'a task is created with an assignee',
    act: ({ owner, goal, assignee }) =>
      owner.post(`/v1/goals/${goal}/tasks`, { title: 'New', assignedTo: assignee.id }),
    readers: ['task:created', 'task:assigned'].map((type) => line(type, { [owner]: 'gained', [assignee]: 'gained' })),
  },
  {
    change: 'a task is changed',
    act: ({ owner, task }) => owner.patchTask(task, { title: 'New' }),
    readers: [line('task:updated', { [owner]: 'kept', [assignee]: 'kept', [seeing]: 'kept' })],
  },
  {
    change: 'a task is completed',
    act: ({ assignee, taskByBlindCreator }) => assignee.actOnTask(taskByBlindCreator, 'complete'),
    readers: ['task:updated', 'task:completed'].map((type) => line(type, { [owner]: 'kept', [assignee]: 'kept' })),
  },
  {
    change: 'a task is assigned to another user',
    act: ({ owner, taskByBlindCreator, 'former assignee': former }) =>
      owner.patchTask(taskByBlindCreator, { assignedTo: former.id }),
    readers: [
      line('task:updated', { [owner]: 'kept', [assignee]: 'lost', [former]: 'gained' }),
      line('task:assigned', { [owner]: 'kept', [former]: 'gained' }),
    ],
  },
  {
    change: 'an assignee unassigns themselves',
    act: ({ assignee, taskByBlindCreator }) => assignee.patchTask(taskByBlindCreator, { assignedTo: null }),
    readers: [line('task:updated', { [owner]: 'kept', [assignee]: 'lost' })],
  },
  {
    change: 'a task is assigned to its creator, who no longer saw the goal',
    act: ({ owner, taskByBlindCreator, [blind]: creator }) =>
      owner.patchTask(taskByBlindCreator, { assignedTo: creator.id }),
    readers: [
      line('task:updated', { [owner]: 'kept', [assignee]: 'lost', [blind]: 'gained' }),
      line('task:assigned', { [owner]: 'kept', [blind]: 'gained' }),
    ],
  },
  {
    change: 'the last assignment of a creator ends with the change of their own task',
    first: ({ owner, taskByBlindCreator, [blind]: creator }) =>
      owner.patchTask(taskByBlindCreator, { assignedTo: creator.id }),
    act: ({ owner, taskByBlindCreator }) => owner.patchTask(taskByBlindCreator, { assignedTo: null }),
    readers: [line('task:updated', { [owner]: 'kept', [blind]: 'lost' })],
  },
  {
    change: 'an assignment of a creator ends, and another one remains',
    first: ({ owner, task, [seeing]: creator }) => owner.patchTask(task, { assignedTo: creator.id }),
    act: ({ owner, task, assignee }) => owner.patchTask(task, { assignedTo: assignee.id }),
    readers: [
      line('task:updated', { [owner]: 'kept', [assignee]: 'gained', [seeing]: 'kept' }),
      line('task:assigned', { [owner]: 'kept', [assignee]: 'gained', [seeing]: 'kept' }),
    ],
  },
  {
    change: 'a task moves to a goal that its creator does not see',
    act: async ({ owner, task }) => owner.patchTask(task, { goalId: (await owner.createGoal()).id }),
    readers: [line('task:updated', { [owner]: 'kept', [assignee]: 'kept', [seeing]: 'lost' })],
  },
  {
    change: 'an administrator moves a task to the goal of another owner',
    act: ({ admin, task, stranger }) => admin.patchTask(task, { goalId: stranger.ownGoal }),
    readers: [line('task:updated', { [owner]: 'lost', stranger: 'gained', [assignee]: 'kept', [seeing]: 'lost' })],
  },
  {
    change: 'a task gets a blocker',
    act: ({ owner, task, taskOfCreator }) => owner.addDependency(task, taskOfCreator),
    readers: [line('task:updated', { [owner]: 'kept', [assignee]: 'kept', [seeing]: 'kept' })],
  },
  {
    change: 'the blocker of a task is completed',
    first: ({ owner, task, taskOfCreator }) => owner.addDependency(task, taskOfCreator),
    act: ({ owner, taskOfCreator }) => owner.actOnTask(taskOfCreator, 'complete'),
    readers: [
      ...['task:updated', 'task:completed'].map((type) => line(type, { [owner]: 'kept', [seeing]: 'kept' })),
      line('task:updated', { [owner]: 'kept', [assignee]: 'kept', [seeing]: 'kept' }),
    ],
  },
  {
    change: 'a task is deleted',
    act: ({ owner, task }) => owner.delete(`/v1/tasks/${task}`),
    readers: [line('task:deleted', { [owner]: 'kept', [assignee]: 'kept', [seeing]: 'kept' })],
  },
  {
    change: 'a task is restored',
    first: ({ owner, task }) => owner.delete(`/v1/tasks/${task}`),
    act: ({ owner, task }) => owner.actOnTask(task, 'restore'),
    readers: [line('task:updated', { [owner]: 'kept', [assignee]: 'kept', [seeing]: 'kept' })],
  },
  {
    change: 'a goal is cancelled with its tasks',
    act: ({ owner, goal }) => owner.actOnGoal(goal, 'cancel'),
    readers: [line('goal:updated', { [owner]: 'kept' }), ...everyTask('task:updated')],
  },
  {
    change: 'a goal is reopened with its tasks',
    first: ({ owner, goal }) => owner.actOnGoal(goal, 'cancel'),
    act: ({ owner, goal }) => owner.actOnGoal(goal, 'reopen'),
    readers: [line('goal:updated', { [owner]: 'kept' }), ...everyTask('task:updated')],
  },
  {
    change: 'a goal is deleted with its tasks',
    act: ({ owner, goal }) => owner.delete(`/v1/goals/${goal}`),
    readers: [line('goal:deleted', { [owner]: 'kept' }), ...everyTask('task:deleted')],
  },
  {
    change: 'a goal is restored with its tasks',
    first: ({ owner, goal }) => owner.delete(`/v1/goals/${goal}`),
    act: ({ owner, goal }) => owner.actOnGoal(goal, 'restore'),
    readers: [line('goal:updated', { [owner]: 'kept' }), ...everyTask('task:updated')],
  },
]

async function loadReaders(api: TestApp, actors: Actors, response: Response): Promise<string[]> {
  const { rows } = await api.pool.query<{ type: string; readers: Record<string, 'kept'> }>(
    `select e.type, json_object_agg(r.reader_id, r.visibility) as readers
     from events e join event_readers r on r.event_id = e.id
     where e.correlation_id = $1 group by e.id`,
    [response.headers['x-request-id']],
  )
  const names = new Map(Object.entries(actors).map(([name, actor]) => [actor.id, name]))
  const named = (readers: object) => Object.fromEntries(Object.entries(readers).map(([id, v]) => [names.get(id), v]))
  return rows.map(({ type, readers }) => line(type, named(readers))).toSorted()
}

/** Returns a line per event of a request and webhook that gets it, and one per event and reader, both with the user. */
async function loadWebhookOwners(api: TestApp, response: Response) {
  const { rows } = await api.pool.query<{ owners: string[]; readers: string[] }>(
    `select array(select e.id || ' ' || w.owner_id from deliveries d join webhooks w on w.id::text = d.target
                  where d.event_id = e.id order by 1) as owners,
            array(select e.id || ' ' || reader_id from event_readers r where r.event_id = e.id order by 1) as readers
     from events e where e.correlation_id = $1 order by e.id`,
    [response.headers['x-request-id']],
  )
  return { owners: rows.flatMap(({ owners }) => owners), readers: rows.flatMap(({ readers }) => readers) }
}

test.for(steps)(
  'the webhooks of exactly the readers get the events when $change',
  async ({ first, act }, { api, actors, fixture }) => {
    await api.pool.query('delete from webhooks')
    for (const { id } of Object.values(actors)) await insertWebhook(api.pool, id)
    const given = { ...actors, ...fixture }
    await first?.(given)
    const { owners, readers } = await loadWebhookOwners(api, await act(given))
    expect(readers.length).toBeGreaterThan(0)
    expect(owners).toEqual(readers)
  },
)

test.for(steps)(
  'an event has the right readers when $change',
  async ({ first, act, readers }, { api, actors, fixture }) => {
    const given = { ...actors, ...fixture }
    await first?.(given)
    const response = await act(given)
    expect(response.status, response.text).toBeLessThan(300)
    expect(await loadReaders(api, actors, response)).toEqual(readers.toSorted())
  },
)
