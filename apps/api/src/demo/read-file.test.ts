import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readRoadmap } from './read-file.ts'

const owner = '00000000-0000-4000-8000-000000000001'
const goal = { ref: 'g', title: 'A goal', owner, status: 'ACTIVE', tasks: [] as object[] }
const task = { ref: 't', title: 'A task', status: 'TODO' }

async function read(...lines: (object | string)[]) {
  const folder = await mkdtemp(join(tmpdir(), 'roadmap-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'roadmap.jsonl')
  await writeFile(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'))
  return readRoadmap(path)
}

test('what fits is loaded as it is, with its ref and its day of creation as metadata', async () => {
  const { goals, adapted, notLoaded } = await read(
    {
      ...goal,
      category: 'sig-node',
      tags: ['a'],
      created_on: '2025-10-9',
      tasks: [{ ...task, assignee: owner, tags: [], depends_on: [] }],
    },
    '',
  )
  expect(goals).toEqual([
    {
      ref: 'g',
      owner,
      status: 'ACTIVE',
      body: {
        title: 'A goal',
        description: null,
        category: 'sig-node',
        tags: ['a'],
        metadata: { ref: 'g', createdOn: '2025-10-9' },
      },
      tasks: [
        {
          ref: 't',
          assignee: owner,
          status: 'TODO',
          body: { title: 'A task', description: null, tags: [], assignedTo: owner, metadata: { ref: 't' } },
        },
      ],
    },
  ])
  expect({ adapted, notLoaded }).toEqual({ adapted: {}, notLoaded: {} })
})

test('what does not fit is adapted, and every adaptation is counted', async () => {
  const tags = [' a ', 'a', '', '⛵'.repeat(51), ...Array.from({ length: 60 }, (_, i) => `tag ${i}`)]
  const { goals, adapted } = await read({
    ...goal,
    title: '⛵'.repeat(201),
    category: 'c'.repeat(101),
    tags,
    tasks: [
      { ...task, title: ' ' },
      { ...task, assignee: null },
    ],
  })
  expect(goals[0]?.body).toMatchObject({ title: '⛵'.repeat(200), category: 'c'.repeat(100) })
  expect(goals[0]?.body).toHaveProperty('tags.length', 50)
  expect(goals[0]?.body).toHaveProperty('tags.1', '⛵'.repeat(50))
  expect(goals[0]?.tasks[0]?.body).toMatchObject({ title: 't', assignedTo: null })
  expect(adapted).toEqual({
    'repeated refs, each loaded as an entity of its own': 1,
    'titles cut to 200 characters': 1,
    'categories cut to 100 characters': 1,
    'tags cut to 50 characters': 1,
    'tags freed of surrounding spaces': 1,
    'empty tags left out': 1,
    'repeated tags left out': 1,
    'tags beyond the 50th left out': 12,
    'empty titles replaced by the ref': 1,
  })
})

test('what cannot be loaded yet is counted', async () => {
  const { goals, notLoaded } = await read({
    ...goal,
    status: 'CANCELLED',
    tasks: [{ ...task, depends_on: ['x', 'y'] }],
  })
  expect(goals[0]?.status).toBe('ACTIVE')
  expect(notLoaded).toEqual({ dependencies: 2, 'cancellations of goals, which stay active': 1 })
})

test.each([
  ['{"ref":', 'line 2: not JSON'],
  [{ ...goal, owner: 'nobody' }, 'line 2: /owner must match format'],
  [{ ...goal, tasks: [{ ...task, status: 'DONE' }] }, 'line 2: /tasks/0/status must be equal to one of'],
  [{ ...goal, color: 'red' }, 'line 2: /color is a field that we do not know'],
])('a line that is not a goal is refused by its number: %j', async (line, complaint) => {
  await expect(read(goal, line)).rejects.toThrow(complaint)
})

test('a file without a goal is refused', async () => {
  await expect(read('')).rejects.toThrow('holds no goal')
})
