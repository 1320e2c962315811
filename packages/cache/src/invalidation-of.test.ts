import { expect, test } from 'vitest'
import { invalidationOf } from './invalidation-of.ts'

const event = (type: string, aggregateId: string, version: number, rest: object = {}) => ({
  ...{ type, aggregateId, version, readers: [] as (string | null)[], goalIds: null },
  ...rest,
})

test('a goal invalidates its entry and its owner’s lists, and the list of its tasks when it is deleted', () => {
  const readers = ['ada']
  expect(invalidationOf([event('goal:updated', 'g', 2, { readers })])).toEqual({
    entities: [{ kind: 'goal', id: 'g', version: 2 }],
    groups: ['goals:user:ada'],
  })
  expect(invalidationOf([event('goal:deleted', 'g', 3, { readers })]).groups).toEqual([
    'goals:user:ada',
    'tasks:goal:g',
  ])
})

test('a task invalidates its entry and each list of its old and new goal and readers when it moves', () => {
  const moved = event('task:updated', 't', 4, { readers: ['ada', null, 'bob', 'ada'], goalIds: ['to', 'from'] })
  expect(invalidationOf([moved, event('task:assigned', 't', 4, { readers: ['bob'] })])).toEqual({
    entities: [{ kind: 'task', id: 't', version: 4 }],
    groups: ['tasks:goal:to', 'tasks:goal:from', 'tasks:user:ada', 'tasks:user:bob'],
  })
})

test('invalidationOf names the highest version and no other aggregate when events repeat or concern neither', () => {
  const events = [event('task:updated', 't', 3), event('task:updated', 't', 2), event('notification:sent', 'n', 1)]
  expect(invalidationOf(events)).toEqual({ entities: [{ kind: 'task', id: 't', version: 3 }], groups: [] })
})
