import type { EventVisibility } from '@goals-tasks/db'
import type { Actors, Fixture } from './actors.ts'
import type { ActorName } from './matrix.ts'

export type Response = { status: number; text: string; headers: Record<string, unknown> }

/** How an event looks to each actor that is its reader. */
export type Readers = Partial<Record<ActorName, EventVisibility>>

/** A change of the fixture, and who may see it. */
export type VisibleChange = {
  change: string
  first?: (given: Actors & Fixture) => Promise<unknown>
  act: (given: Actors & Fixture) => Promise<Response>
  events: { type: string; readers: Readers }[]
  /** The ids that an actor may no longer see besides the changed task. */
  alsoRemoved?: (fixture: Fixture) => Partial<Record<ActorName, string[]>>
}

const [owner, assignee, former] = ['owner', 'assignee', 'former assignee'] as const
const [seeing, blind] = ['creator who sees the goal', 'creator who does not'] as const

const event = (type: string, readers: Readers) => ({ type, readers })

const everyTask = (type: string) => [
  event(type, { [owner]: 'kept', [assignee]: 'kept', [seeing]: 'kept' }),
  event(type, { [owner]: 'kept', [assignee]: 'kept' }),
  event(type, { [owner]: 'kept', [seeing]: 'kept' }),
]

/** Every kind of change. */
export const visibleChanges: VisibleChange[] = [
  {
    change: 'a goal is created',
    act: ({ owner }) => owner.post('/v1/goals', { title: 'New' }),
    events: [event('goal:created', { [owner]: 'gained' })],
  },
  {
    change: 'a goal is changed',
    act: ({ owner, goal }) => owner.patchGoal(goal, { title: 'New' }),
    events: [event('goal:updated', { [owner]: 'kept' })],
  },
  {
    change: 'a task is created with an assignee',
    act: ({ owner, goal, assignee }) =>
      owner.post(`/v1/goals/${goal}/tasks`, { title: 'New', assignedTo: assignee.id }),
    events: ['task:created', 'task:assigned'].map((type) => event(type, { [owner]: 'gained', [assignee]: 'gained' })),
  },
  {
    change: 'a task is changed',
    act: ({ owner, task }) => owner.patchTask(task, { title: 'New' }),
    events: [event('task:updated', { [owner]: 'kept', [assignee]: 'kept', [seeing]: 'kept' })],
  },
  {
    change: 'a task is completed',
    act: ({ assignee, taskByBlindCreator }) => assignee.actOnTask(taskByBlindCreator, 'complete'),
    events: ['task:updated', 'task:completed'].map((type) => event(type, { [owner]: 'kept', [assignee]: 'kept' })),
  },
  {
    change: 'a task is assigned to another user',
    act: ({ owner, taskByBlindCreator, 'former assignee': former }) =>
      owner.patchTask(taskByBlindCreator, { assignedTo: former.id }),
    events: [
      event('task:updated', { [owner]: 'kept', [assignee]: 'lost', [former]: 'gained' }),
      event('task:assigned', { [owner]: 'kept', [former]: 'gained' }),
    ],
  },
  {
    change: 'an assignee unassigns themselves',
    act: ({ assignee, taskByBlindCreator }) => assignee.patchTask(taskByBlindCreator, { assignedTo: null }),
    events: [event('task:updated', { [owner]: 'kept', [assignee]: 'lost' })],
  },
  {
    change: 'a task is assigned to its creator, who no longer saw the goal',
    act: ({ owner, taskByBlindCreator, [blind]: creator }) =>
      owner.patchTask(taskByBlindCreator, { assignedTo: creator.id }),
    events: [
      event('task:updated', { [owner]: 'kept', [assignee]: 'lost', [blind]: 'gained' }),
      event('task:assigned', { [owner]: 'kept', [blind]: 'gained' }),
    ],
  },
  {
    change: 'the last assignment of a creator ends with the change of their own task',
    first: ({ owner, taskByBlindCreator, [blind]: creator }) =>
      owner.patchTask(taskByBlindCreator, { assignedTo: creator.id }),
    act: ({ owner, taskByBlindCreator }) => owner.patchTask(taskByBlindCreator, { assignedTo: null }),
    events: [event('task:updated', { [owner]: 'kept', [blind]: 'lost' })],
    alsoRemoved: ({ goal }) => ({ [blind]: [goal] }),
  },
  {
    change: 'the last assignment of a creator in a goal ends',
    act: ({ owner, taskOfCreator }) => owner.patchTask(taskOfCreator, { assignedTo: null }),
    events: [event('task:updated', { [owner]: 'kept', [seeing]: 'lost' })],
    alsoRemoved: ({ goal, task }) => ({ [seeing]: [goal, task] }),
  },
  {
    change: 'the task of the last assignment is deleted',
    act: ({ owner, taskOfCreator }) => owner.delete(`/v1/tasks/${taskOfCreator}`),
    events: [event('task:deleted', { [owner]: 'kept', [seeing]: 'kept' })],
    alsoRemoved: ({ goal, task }) => ({ [seeing]: [goal, task] }),
  },
  {
    change: 'the task of the last assignment moves to another goal',
    act: async ({ owner, taskOfCreator }) => owner.patchTask(taskOfCreator, { goalId: (await owner.createGoal()).id }),
    events: [event('task:updated', { [owner]: 'kept', [seeing]: 'kept' })],
    alsoRemoved: ({ goal, task }) => ({ [seeing]: [goal, task] }),
  },
  {
    change: 'an assignment of a creator ends, and another one remains',
    first: ({ owner, task, [seeing]: creator }) => owner.patchTask(task, { assignedTo: creator.id }),
    act: ({ owner, task, assignee }) => owner.patchTask(task, { assignedTo: assignee.id }),
    events: [
      event('task:updated', { [owner]: 'kept', [assignee]: 'gained', [seeing]: 'kept' }),
      event('task:assigned', { [owner]: 'kept', [assignee]: 'gained', [seeing]: 'kept' }),
    ],
  },
  {
    change: 'a task moves to a goal that its creator does not see',
    act: async ({ owner, task }) => owner.patchTask(task, { goalId: (await owner.createGoal()).id }),
    events: [event('task:updated', { [owner]: 'kept', [assignee]: 'kept', [seeing]: 'lost' })],
  },
  {
    change: 'an administrator moves a task to the goal of another owner',
    act: ({ admin, task, stranger }) => admin.patchTask(task, { goalId: stranger.ownGoal }),
    events: [event('task:updated', { [owner]: 'lost', stranger: 'gained', [assignee]: 'kept', [seeing]: 'lost' })],
  },
  {
    change: 'a task gets a blocker',
    act: ({ owner, task, taskOfCreator }) => owner.addDependency(task, taskOfCreator),
    events: [event('task:updated', { [owner]: 'kept', [assignee]: 'kept', [seeing]: 'kept' })],
  },
  {
    change: 'the blocker of a task is completed',
    first: ({ owner, task, taskOfCreator }) => owner.addDependency(task, taskOfCreator),
    act: ({ owner, taskOfCreator }) => owner.actOnTask(taskOfCreator, 'complete'),
    events: [
      ...['task:updated', 'task:completed'].map((type) => event(type, { [owner]: 'kept', [seeing]: 'kept' })),
      event('task:updated', { [owner]: 'kept', [assignee]: 'kept', [seeing]: 'kept' }),
    ],
  },
  {
    change: 'a task is deleted',
    act: ({ owner, task }) => owner.delete(`/v1/tasks/${task}`),
    events: [event('task:deleted', { [owner]: 'kept', [assignee]: 'kept', [seeing]: 'kept' })],
  },
  {
    change: 'a task is restored',
    first: ({ owner, task }) => owner.delete(`/v1/tasks/${task}`),
    act: ({ owner, task }) => owner.actOnTask(task, 'restore'),
    events: [event('task:updated', { [owner]: 'kept', [assignee]: 'kept', [seeing]: 'kept' })],
  },
  {
    change: 'a goal is cancelled with its tasks',
    act: ({ owner, goal }) => owner.actOnGoal(goal, 'cancel'),
    events: [event('goal:updated', { [owner]: 'kept' }), ...everyTask('task:updated')],
  },
  {
    change: 'a goal is reopened with its tasks',
    first: ({ owner, goal }) => owner.actOnGoal(goal, 'cancel'),
    act: ({ owner, goal }) => owner.actOnGoal(goal, 'reopen'),
    events: [event('goal:updated', { [owner]: 'kept' }), ...everyTask('task:updated')],
  },
  {
    change: 'a goal is deleted with its tasks',
    act: ({ owner, goal }) => owner.delete(`/v1/goals/${goal}`),
    events: [event('goal:deleted', { [owner]: 'kept' }), ...everyTask('task:deleted')],
  },
  {
    change: 'a goal is restored with its tasks',
    first: ({ owner, goal }) => owner.delete(`/v1/goals/${goal}`),
    act: ({ owner, goal }) => owner.actOnGoal(goal, 'restore'),
    events: [event('goal:updated', { [owner]: 'kept' }), ...everyTask('task:updated')],
  },
]
