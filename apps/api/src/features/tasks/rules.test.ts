import { randomUUID } from 'node:crypto'
import { taskEntity } from '@goals-tasks/events/testing'
import { expect, test } from 'vitest'
import { decideTaskChange } from './rules.ts'

test('a task with more dependencies than allowed may lose some and change otherwise, but gets no more', () => {
  const dependencies = Array.from({ length: 103 }, () => randomUUID())
  const current = { ...taskEntity(), dependencies: dependencies.slice(0, 102) }
  const decide = (count: number) =>
    decideTaskChange(
      { current, next: { ...current, title: 'New', dependencies: dependencies.slice(0, count) } },
      { named: [] },
      { id: current.id, owned: true, openBlockers: [] },
    )
  for (const count of [101, 102]) expect(decide(count)).toMatchObject({ title: 'New' })
  expect(() => decide(103)).toThrow('at most 100')
})
