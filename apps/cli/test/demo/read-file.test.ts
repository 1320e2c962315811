import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readRoadmap } from '../../src/demo/read-file.ts'
import { createFolder } from '../support/stack-folder.ts'

const owner = '00000000-0000-4000-8000-00000000000a'
const goal = { ref: 'g', title: 'A goal', owner, status: 'ACTIVE', tasks: [] as object[] }
const task = { ref: 't', title: 'A task', status: 'TODO' }

async function read(...lines: (object | string)[]) {
  const path = join(await createFolder(), 'roadmap.jsonl')
  await writeFile(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'))
  return readRoadmap(path)
}

test('a goal and its tasks stay as they are when they fit, with user ids in lower case', async () => {
  const { goals, adapted, byTheRules, notLoaded } = await read(
    {
      ...goal,
      owner: owner.toUpperCase(),
      category: 'sig-node',
      tags: ['a'],
      priority: 'HIGH',
      target_date: '2027-01-31',
      created_on: '2025-10-9',
      tasks: [{ ...task, assignee: owner.toUpperCase(), depends_on: [], due_date: '2027-01-30', estimated_hours: 0.5 }],
    },
    '',
  )
  expect(goals).toMatchObject([
    {
      externalId: 'g',
      owner,
      status: 'ACTIVE',
      body: {
        title: 'A goal',
        description: null,
        category: 'sig-node',
        tags: ['a'],
        priority: 'HIGH',
        targetDate: '2027-01-31',
        metadata: { externalId: 'g', createdOn: '2025-10-9' },
      },
      tasks: [
        {
          externalId: 't',
          owner,
          assignee: owner,
          status: 'TODO',
          body: {
            title: 'A task',
            assignedTo: owner,
            dueDate: '2027-01-30',
            estimatedHours: 0.5,
            metadata: { externalId: 't' },
          },
        },
      ],
    },
  ])
  expect({ adapted, byTheRules, notLoaded }).toEqual({ adapted: {}, byTheRules: {}, notLoaded: {} })
})

test('a value is adapted and counted when it does not fit', async () => {
  const tags = [' a ', 'a', '', '⛵'.repeat(51), ...Array.from({ length: 60 }, (_, i) => `tag ${i}`)]
  const { goals, adapted } = await read({
    ...goal,
    title: '⛵'.repeat(201),
    category: 'c'.repeat(101),
    tags,
    tasks: [{ ...task, title: ' ' }],
  })
  expect(goals[0]?.body).toMatchObject({ title: '⛵'.repeat(200), category: 'c'.repeat(100) })
  expect(goals[0]?.body).toHaveProperty('tags.length', 50)
  expect(goals[0]?.body).toHaveProperty('tags.1', '⛵'.repeat(50))
  expect(goals[0]?.tasks[0]?.body).toMatchObject({ title: 't', assignedTo: null })
  expect(adapted).toEqual({
    'title cut to 200 characters': 1,
    'category cut to 100 characters': 1,
    'tag cut to 50 characters': 1,
    'tag without surrounding spaces': 1,
    'empty tag left out': 1,
    'repeated tag left out': 1,
    'tag beyond the 50th left out': 12,
    'empty title, replaced by the ref': 1,
  })
})

test('a repeated ref gets a suffix that no other ref has', async () => {
  const { goals, adapted } = await read(
    { ...goal, tasks: [task, { ...task, ref: 't~2' }, task] },
    { ...goal, tasks: [task] },
    { ...goal, ref: 'g~2' },
  )
  expect(goals.map(({ externalId }) => externalId)).toEqual(['g', 'g~2', 'g~2~2'])
  expect(goals.map(({ tasks }) => tasks.map(({ externalId }) => externalId))).toEqual([
    ['t', 't~2', 't~3'],
    ['t~4'],
    [],
  ])
  expect(Object.values(adapted)).toEqual([2, 2])
})

test.each([
  ['{"ref":', 'line 2: not JSON'],
  [{ ...goal, owner: 'ada' }, 'line 2: /owner must match format'],
  [{ ...goal, tasks: [{ ...task, status: 'DONE' }] }, 'line 2: /tasks/0/status must be equal to one of'],
  [{ ...goal, color: 'red' }, 'line 2: /color is an unknown field'],
  [{ ...goal, tasks: [{ ...task, due_date: 'soon' }] }, 'line 2: /tasks/0/due_date must'],
])('a line is refused with its number when it is not a goal: %j', async (line, complaint) => {
  await expect(read(goal, line)).rejects.toThrow(complaint)
})

test('a file is refused when it contains no goal', async () => {
  await expect(read('')).rejects.toThrow('contains no goal')
})
