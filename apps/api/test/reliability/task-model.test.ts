import { expectInvariants } from '@goals-tasks/db/testing'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { manyRounds } from '../support/limits.ts'
import { test } from '../support/test.ts'

const task = fc.nat(5)
const goal = fc.nat(2)
const some = fc.uniqueArray(task, { maxLength: 3 })
const kind = <const K extends string, A extends unknown[]>(name: K, ...args: { [I in keyof A]: fc.Arbitrary<A[I]> }) =>
  fc.tuple(fc.constant(name), ...args)
const command = fc.oneof(
  { weight: 6, arbitrary: kind('add dependency', task, task) },
  { weight: 2, arbitrary: kind('remove dependency', task, task) },
  { weight: 3, arbitrary: kind('set dependencies', task, some) },
  { weight: 2, arbitrary: kind('create', goal, some) },
  {
    weight: 10,
    arbitrary: kind('task', task, fc.constantFrom('start', 'stop', 'complete', 'block', 'unblock', 'cancel', 'reopen')),
  },
  { weight: 1, arbitrary: kind('force', task) },
  { weight: 3, arbitrary: kind('delete task', task) },
  { weight: 4, arbitrary: kind('task', task, fc.constant('restore')) },
  { weight: 3, arbitrary: kind('move', task, goal) },
  { weight: 2, arbitrary: kind('delete goal', goal) },
  { weight: 4, arbitrary: kind('goal', goal, fc.constantFrom('restore', 'reopen', 'hold', 'resume')) },
  {
    weight: 3,
    arbitrary: kind(
      'close',
      goal,
      fc.constantFrom('complete', 'cancel'),
      fc.constantFrom('keep', 'cancel', 'complete'),
    ),
  },
)
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never

/** Creates three goals of two owners with two tasks in each. Returns a function that performs a command as `admin`. */
async function createWorld({ ada, bob, admin }: { ada: Client; bob: Client; admin: Client }) {
  const goals = await Promise.all([ada, ada, bob].map(async (owner) => (await owner.createGoal()).id))
  const tasks = await Promise.all([...goals, ...goals].map(async (id) => (await admin.createTask(id)).id))
  const taskAt = (index: number) => tasks[index] ?? ''
  const goalAt = (index: number) => goals[index] ?? ''
  return (command: Command) => {
    switch (command[0]) {
      case 'add dependency':
        return admin.addDependency(taskAt(command[1]), taskAt(command[2]))
      case 'remove dependency':
        return admin.removeDependency(taskAt(command[1]), taskAt(command[2]))
      case 'set dependencies':
        return admin.patchTask(taskAt(command[1]), { dependencies: command[2].map(taskAt) })
      case 'create':
        return admin.post(`/v1/goals/${goalAt(command[1])}/tasks`, { title: 'x', dependencies: command[2].map(taskAt) })
      case 'task':
        return admin.actOnTask(taskAt(command[1]), command[2])
      case 'force':
        return admin.actOnTask(taskAt(command[1]), 'complete', { force: true })
      case 'delete task':
        return admin.delete(`/v1/tasks/${taskAt(command[1])}`)
      case 'move':
        return admin.patchTask(taskAt(command[1]), { goalId: goalAt(command[2]) })
      case 'delete goal':
        return admin.delete(`/v1/goals/${goalAt(command[1])}`)
      case 'goal':
        return admin.actOnGoal(goalAt(command[1]), command[2])
      case 'close':
        return admin.actOnGoal(goalAt(command[1]), command[2], { openTasks: command[3] })
    }
  }
}

test(
  'the invariants hold when random commands run in any order and several at once',
  manyRounds,
  async ({ api, ada, bob, admin }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { minLength: 20, maxLength: 60, size: 'max' }),
        fc.integer({ min: 3, max: 8 }),
        async (commands, workers) => {
          const perform = await createWorld({ ada, bob, admin })
          const queue = [...commands]
          await Promise.all(
            Array.from({ length: workers }, async () => {
              for (let next = queue.shift(); next; next = queue.shift()) {
                const { status, text } = await perform(next)
                expect([200, 201, 204, 409, 422], `${next}: ${status} ${text}`).toContain(status)
              }
            }),
          )
          await expectInvariants(api.pool)
        },
      ),
      // A failure depends on timing, so that shrinking finds nothing.
      { numRuns: 25, endOnFailure: true },
    )
  },
)
