import type { DomainEvent } from '@goals-tasks/events'
import { expect, test } from 'vitest'
import { parseEvent } from './parse-event.ts'

const id = '00000000-0000-4000-8000-000000000001'
const goal = {
  ...{ id, userId: id, title: 'a goal', description: null, status: 'ACTIVE', priority: 'LOW', targetDate: null },
  ...{ category: null, tags: [], metadata: {}, createdAt: '2026-01-01T00:00:00.000Z' },
  ...{ updatedAt: '2026-01-01T00:00:00.000Z', completedAt: null, deletedAt: null, version: 1 },
}
const eventOf = (after: object) => ({ id, type: 'goal:created', before: null, after }) as unknown as DomainEvent
const parsed = (after: object) => parseEvent('audit-log', eventOf(after))

test('an event is valid when a newer program added a field or an older one lacks a nullable field', () => {
  const { category: _, ...older } = goal
  expect(parsed({ ...goal, mood: 'sunny' })).toMatchObject({ event: { id } })
  expect(parsed(older)).toMatchObject({ event: { id } })
})

test('an event is malformed when a required field is missing or has the wrong type', () => {
  const { userId: _, ...withoutOwner } = goal
  expect(parsed(withoutOwner)).toEqual({ problem: expect.stringContaining('malformed: ') })
  expect(parsed({ ...goal, title: 7 })).toEqual({ problem: expect.stringContaining('malformed: /after') })
})

test('an event is a problem when neither it nor its primary event has a body', () => {
  const event = { ...eventOf(goal), after: null } as unknown as DomainEvent
  expect(parseEvent('audit-log', event)).toEqual({
    problem: `the event ${id} has no body: its primary event does not exist`,
  })
})

test('an event is a problem when its consumer is not subscribed to its type', () => {
  const event = { ...eventOf(goal), type: 'task:assigned' } as unknown as DomainEvent
  expect(parseEvent('audit-log', event)).toEqual({ problem: 'audit-log is not subscribed to task:assigned' })
})
