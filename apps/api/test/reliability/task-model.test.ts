import { randomUUID } from 'node:crypto'
import { expectInvariants } from '@goals-tasks/db/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, startTestApp } from '../support/test-app.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let owners: [Client, Client]
let root: Client
beforeAll(async () => {
  api = await startTestApp()
  owners = [await api.as(), await api.as()]
  root = await api.as(randomUUID(), 'admin')
})
afterAll(() => api.close())

const task = fc.nat(5)
const goal = fc.nat(2)
const some = fc.uniqueArray(task, { maxLength: 3 })
const one = <const K extends string, A extends unknown[]>(kind: K, ...args: { [I in keyof A]: fc.Arbitrary<A[I]> }) =>
  fc.tuple(fc.constant(kind), ...args)
const operation = fc.oneof(
  { weight: 6, arbitrary: one('wait', task, task) },
  { weight: 2, arbitrary: one('wait no more', task, task) },
  { weight: 3, arbitrary: one('wait for', task, some) },
  { weight: 2, arbitrary: one('create', goal, some) },
  {
    weight: 10,
    arbitrary: one('task', task, fc.constantFrom('start', 'stop', 'complete', 'block', 'unblock', 'cancel', 'reopen')),
  },
  { weight: 1, arbitrary: one('force', task) },
  { weight: 3, arbitrary: one('delete task', task) },
  { weight: 4, arbitrary: one('task', task, fc.constant('restore')) },
  { weight: 3, arbitrary: one('move', task, goal) },
  { weight: 2, arbitrary: one('delete goal', goal) },
  { weight: 4, arbitrary: one('goal', goal, fc.constantFrom('restore', 'reopen', 'hold', 'resume')) },
  {
    weight: 3,
    arbitrary: one('close', goal, fc.constantFrom('complete', 'cancel'), fc.constantFrom('keep', 'cancel', 'complete')),
  },
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

/** Two owners with three goals and two tasks in each; an administrator, for whom everything is within reach. */
async function world() {
  const goals = await Promise.all([owners[0], owners[0], owners[1]].map(async (owner) => (await owner.goal()).id))
  const tasks = await Promise.all([...goals, ...goals].map(async (id) => (await root.task(id)).id))
  const at = (index: number) => tasks[index] ?? ''
  return (op: Operation) => {
    switch (op[0]) {
      case 'wait':
        return root.put(`/v1/tasks/${at(op[1])}/dependencies/${at(op[2])}`)
      case 'wait no more':
        return root.delete(`/v1/tasks/${at(op[1])}/dependencies/${at(op[2])}`)
      case 'wait for':
        return root.patch(`/v1/tasks/${at(op[1])}`, { dependencies: op[2].map(at) }, { 'if-match': '*' })
      case 'create':
        return root.post(`/v1/goals/${goals[op[1]]}/tasks`, { title: 'x', dependencies: op[2].map(at) })
      case 'task':
        return root.post(`/v1/tasks/${at(op[1])}/${op[2]}`)
      case 'force':
        return root.post(`/v1/tasks/${at(op[1])}/complete`, { force: true })
      case 'delete task':
        return root.delete(`/v1/tasks/${at(op[1])}`)
      case 'move':
        return root.patch(`/v1/tasks/${at(op[1])}`, { goalId: goals[op[2]] }, { 'if-match': '*' })
      case 'delete goal':
        return root.delete(`/v1/goals/${goals[op[1]]}`)
      case 'goal':
        return root.post(`/v1/goals/${goals[op[1]]}/${op[2]}`)
      case 'close':
        return root.post(`/v1/goals/${goals[op[1]]}/${op[2]}`, { openTasks: op[3] })
    }
  }
}

test('whatever is asked for, in whatever order and by several at once, the whole stays consistent', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { minLength: 20, maxLength: 60, size: 'max' }),
      fc.integer({ min: 3, max: 8 }),
      async (operations, workers) => {
        const perform = await world()
        const queue = [...operations]
        await Promise.all(
          Array.from({ length: workers }, async () => {
            for (let op = queue.shift(); op; op = queue.shift()) {
              const { status, text } = await perform(op)
              expect([200, 201, 204, 409, 422], `${op}: ${status} ${text}`).toContain(status)
            }
          }),
        )
        await expectInvariants(api.pool)
      },
    ),
    // What the clock decides cannot be shrunk.
    { numRuns: 25, endOnFailure: true },
  )
})
