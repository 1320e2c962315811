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
  const edges = tasks.flatMap(({ externalId, waitsAtFirst, waitsLater }) =>
    [...waitsAtFirst, ...waitsLater].map((blocker) => `${externalId} → ${blocker}`),
  )
  return { ...roadmap, dependencies: inFile.dependencies, tasks, edges }
}

test('a dependency that the API would refuse is left out and counted by kind', () => {
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
    'dependency on a task that the file does not have': 1,
    'dependency that is told twice': 1,
    'dependency that would close a cycle': 1,
    "dependency on a task that the goal's owner may not see": 1,
    'dependency beyond the 100th of a task': 1,
  })
  expect(edges.length + 6).toBe(dependencies)
})

test('a ref means the task of the same goal, and the first of several', () => {
  const { edges, adapted } = plan(goal([task('x')]), goal([task('x'), task('x'), task('y', ['x'])]))
  expect(edges).toEqual(['y → x~2'])
  expect(adapted).toHaveProperty('dependency on a repeated ref, taken as the first task that bears it', 1)
})

test('the tasks of a goal come after those that they wait for, else in the order of the file', () => {
  const { tasks } = plan(goal([task('d', ['c']), task('a'), task('c', ['b']), task('b')]))
  expect(tasks.map(({ externalId, level }) => [externalId, level])).toEqual([
    ['b', 0],
    ['c', 1],
    ['d', 2],
    ['a', 0],
  ])
})

test('what waits for something open comes out BLOCKED unless it is closed, and is counted; what stays open in a closed goal, too', () => {
  const waiting = (['TODO', 'IN_PROGRESS', 'BLOCKED', 'COMPLETED', 'CANCELLED'] as const).map((status) =>
    task(status, ['open'], status),
  )
  const { tasks, byTheRules } = plan(goal([task('open'), ...waiting], ada, 'CANCELLED'))
  expect(tasks.map(({ endsAs }) => endsAs)).toEqual(['TODO', 'BLOCKED', 'BLOCKED', 'BLOCKED', 'COMPLETED', 'CANCELLED'])
  expect(byTheRules).toEqual({
    'TODO task that comes out BLOCKED: something that it waits for is open': 1,
    'IN_PROGRESS task that comes out BLOCKED: something that it waits for is open': 1,
    'COMPLETED task that its owner has to force: something that it waits for is open': 1,
    'open task kept in a CANCELLED goal': 4,
  })
})
