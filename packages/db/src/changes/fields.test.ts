import { expect, test } from 'vitest'
import { goalWrites, taskWrites } from './fields.ts'

const sorted = (writes: Record<string, readonly string[]>) =>
  Object.fromEntries(Object.entries(writes).map(([write, fields]) => [write, fields.toSorted()]))
const words = (text: string) => text.trim().split(/\s+/).toSorted()

const goalContent = 'title description priority targetDate category tags metadata'
const taskContent = `title description assignedTo priority dueDate dueAt dueZone
                     estimatedHours actualHours tags metadata`

test('every statement over goals writes the fields that this list names', () => {
  expect(sorted(goalWrites)).toEqual({
    insert: words(`id userId ${goalContent}`),
    update: words(`status ${goalContent}`),
  })
})

test('every statement over tasks writes the fields that this list names', () => {
  const state = 'status blockKind blockedFrom'
  expect(sorted(taskWrites)).toEqual({
    insert: words(`id goalId userId ${taskContent}`),
    insertWithEdges: words(`id goalId userId dependencies ${state} ${taskContent}`),
    update: words(`${state} ${taskContent}`),
    updateWithEdges: words(`goalId dependencies ${state} ${taskContent}`),
  })
})
