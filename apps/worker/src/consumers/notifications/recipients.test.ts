import { randomUUID } from 'node:crypto'
import { newTask, taskEntity } from '@goals-tasks/events/testing'
import { expect, test } from 'vitest'
import { type NotifiableEvent, recipientsOf } from './recipients.ts'
import { textFor, titleFor } from './texts.ts'

const [ownerId, assignee, other, stranger] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]

type Task = Extract<NotifiableEvent, { type: 'task:updated' }>['after']
const task = (fields: Partial<Task> = {}): Task => ({
  ...taskEntity({ ...newTask({ userId: ownerId }), dependencies: [] }),
  ...{ ownerId, assignedTo: assignee, title: 'now' },
  ...fields,
})

/** An update by a user whom it does not concern, unless another one is named. */
const update = (before: Partial<Task>, after: Partial<Task>, actorId = stranger) =>
  ({
    type: 'task:updated',
    before: task({ title: 'before', ...before }),
    after: task(after),
    actorId,
  }) as NotifiableEvent

const blocked = (blockKind: 'MANUAL' | 'DEPENDENCY') => ({ status: 'BLOCKED', blockKind }) as const
const recipients = (event: NotifiableEvent) => [...recipientsOf(event, [])]

test('a former assignee is notified of an unassignment, by the title that they could see', () => {
  const event = update({ assignedTo: other }, { assignedTo: assignee })
  expect(recipients(event)).toEqual([[other, 'task-unassigned']])
  expect(titleFor('task-unassigned', event)).toBe('before')
  expect(textFor('task-unassigned', event)).toBe('You are no longer assigned to the task “before”.')
  expect(recipients(update({ assignedTo: null }, {}))).toEqual([])
})

test('a user is not notified of an own change', () => {
  expect(recipients(update({ assignedTo: other }, { assignedTo: null }, other))).toEqual([])
  expect(recipients(update({}, blocked('MANUAL'), assignee))).toEqual([[ownerId, 'task-blocked']])
})

test('the assignee is notified of a block, and the owner too when a user made it', () => {
  expect(recipients(update({}, blocked('DEPENDENCY')))).toEqual([[assignee, 'task-blocked']])
  const manual = update({}, blocked('MANUAL'))
  expect(recipients(manual)).toEqual([
    [assignee, 'task-blocked'],
    [ownerId, 'task-blocked'],
  ])
  expect(textFor('task-blocked', manual)).toBe('The task “now” was blocked.')
})

test('the owner is notified of a block and of its end when the task has no assignee', () => {
  const free = { assignedTo: null }
  const waiting = { ...free, ...blocked('DEPENDENCY') }
  expect(recipients(update(free, waiting))).toEqual([[ownerId, 'task-blocked']])
  expect(recipients(update(waiting, free))).toEqual([[ownerId, 'task-unblocked']])
})

test('a block that ends with the task itself notifies no user', () => {
  for (const status of ['COMPLETED', 'CANCELLED'] as const)
    expect(recipients(update(blocked('DEPENDENCY'), { status })), status).toEqual([])
})

test('a user gets the first of several reasons', () => {
  const event = update({ ...blocked('DEPENDENCY'), assignedTo: ownerId }, { assignedTo: null })
  expect(recipients(event)).toEqual([[ownerId, 'task-unassigned']])
})
