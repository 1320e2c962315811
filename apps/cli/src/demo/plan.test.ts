import { expect, test } from 'vitest'
import { parseLine } from './line.ts'
import { planRoadmap } from './plan.ts'

const [ada, bob] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b']
type Status = 'TODO' | 'IN_PROGRESS' | 'BLOCKED' | 'COMPLETED' | 'CANCELLED'

const task = (ref: string, depends_on: string[] = [], status: Status = 'TODO', assignee: string | null = null) => ({
  ...{ ref, title: ref, status, assignee, depends_on },
})
const goal = (tasks: object[], owner = ada, status = 'ACTIVE') => ({ ref: 'g', title: 'g', owner, status, tasks })

function plan(...goals: object[]) {
  const { inFile, ...roadmap } = planRoadmap(goals.flatMap((line, i) => parseLine(JSON.stringify(line), i + 1)))
  const tasks = roadmap.goals.flatMap((planned) => planned.tasks)
  const edges = tasks.flatMap(({ externalId, firstDependencies, laterDependencies }) =>
    [...firstDependencies, ...laterDependencies].map((blocker) => `${externalId} → ${blocker}`),
  )
  return { ...roadmap, dependencies: inFile.dependencies, tasks, edges }
}

test('a dependency is left out and counted when the API would refuse it', () => {
  const many = Array.from({ length: 101 }, (_, i) => `m${i}`)
  const { edges, dependencies, notLoaded } = plan(
    goal([
      task('a', ['a', 'nowhere', 'b', 'b']),
      task('b', ['c']),
      task('c', ['a', 'bobs', 'bobs for ada']),
      task('many', many),
      ...many.map((ref) => task(ref)),
    ]),
    goal([task('bobs'), task('bobs for ada', [], 'TODO', ada)], bob),
  )
  expect(edges.filter((edge) => !edge.includes('→ m'))).toEqual(['c → bobs for ada', 'b → c', 'a → b'])
  expect(notLoaded).toEqual({
    'dependency of a task on itself': 1,
    'dependency on a task that is not in the file': 1,
    'repeated dependency': 1,
    'dependency that would close a cycle': 1,
    "dependency on a task that the goal's owner may not see": 1,
    'dependency beyond the 100th of a task': 1,
  })
  expect(edges.length + 6).toBe(dependencies)
})

test('a ref is resolved to the task of the same goal, and to the first one when several match', () => {
  const { edges, adapted } = plan(goal([task('x')]), goal([task('x'), task('x'), task('y', ['x'])]))
  expect(edges).toEqual(['y → x~2'])
  expect(adapted).toHaveProperty('dependency on a repeated ref, resolved to its first task', 1)
})

test('the tasks of a goal follow their dependencies, and otherwise the order of the file', () => {
  const { tasks } = plan(goal([task('d', ['c']), task('a'), task('c', ['b']), task('b')]))
  expect(tasks.map(({ externalId, level }) => [externalId, level])).toEqual([
    ['b', 0],
    ['c', 1],
    ['d', 2],
    ['a', 0],
  ])
})

test('an open task becomes BLOCKED and is counted when a dependency is open', () => {
  const waiting = (['TODO', 'IN_PROGRESS', 'BLOCKED', 'COMPLETED', 'CANCELLED'] as const).map((status) =>
    task(status, ['open'], status),
  )
  const { tasks, byTheRules } = plan(goal([task('open'), ...waiting], ada, 'CANCELLED'))
  expect(tasks.map(({ finalStatus }) => finalStatus)).toEqual([
    'TODO',
    'BLOCKED',
    'BLOCKED',
    'BLOCKED',
    'COMPLETED',
    'CANCELLED',
  ])
  expect(byTheRules).toEqual({
    'TODO task becomes BLOCKED: a dependency is open': 1,
    'IN_PROGRESS task becomes BLOCKED: a dependency is open': 1,
    'COMPLETED task is forced by its owner: a dependency is open': 1,
    'open task stays open in a CANCELLED goal': 4,
  })
})

test('a text is planned as the API stores it: in NFC, without invisible titles and without repeated tags', () => {
  const { goals, adapted } = plan({
    ...goal([]),
    title: '\u200b',
    category: '\u3164',
    tags: ['\u00e9', 'e\u0301', '\ufeff'],
  })
  expect(goals[0]?.body).toMatchObject({ title: 'g', category: null, tags: ['\u00e9'] })
  expect(adapted).toEqual({
    'empty title, replaced by the ref': 1,
    'empty tag left out': 1,
    'repeated tag left out': 1,
  })
})

test('the first 50 tags of a goal are planned, and the others are counted', () => {
  const tags = Array.from({ length: 52 }, (_, i) => `tag ${i}`)
  const { goals, adapted } = plan({ ...goal([]), tags })
  expect(goals[0]?.body).toMatchObject({ tags: tags.slice(0, 50) })
  expect(adapted).toEqual({ 'tag beyond the 50th left out': 2 })
})
