import type { DomainEvent } from '@goals-tasks/events'
import { UnrecoverableError } from 'bullmq'
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

test('an event of a newer program may have more in it, and one of an older program less that may be null', () => {
  const { category: _, ...older } = goal
  expect(parsed({ ...goal, mood: 'sunny' }).id).toBe(id)
  expect(parsed(older).id).toBe(id)
})

test('what must be there must be there, and be what it is', () => {
  const { userId: _, ...nobodys } = goal
  expect(() => parsed(nobodys)).toThrow(UnrecoverableError)
  expect(() => parsed({ ...goal, title: 7 })).toThrow('malformed: /after')
})
