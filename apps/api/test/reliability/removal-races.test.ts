import { expect, test, vi } from 'vitest'
import { inLanes } from '../support/in-parallel.ts'
import { setUpTaskRaces, together } from '../support/task-races.ts'

// Hundreds of rounds on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const { ada, edge, post, statusOf, tasks } = setUpTaskRaces()

test('a task that comes into a goal while that is deleted goes with it, be it created or moved there', async () => {
  await inLanes(
    { lanes: 4, rounds: 125 },
    async () => {
      const from = await ada().goal()
      return { from: from.id, blocker: (await ada().task(from.id)).id }
    },
    async ({ from, blocker }) => {
      const [goal, mover] = await Promise.all([ada().goal(), ada().task(from)])
      const into = `/v1/goals/${goal.id}`
      await together(
        [201, 200, 204, 409],
        [
          ada().post(`${into}/tasks`, { title: 'x' }),
          ada().delete(into),
          ada().patch(`/v1/tasks/${mover.id}`, { goalId: goal.id }, { 'if-match': '*' }),
          ada().post(`${into}/tasks`, { title: 'x', dependencies: [blocker] }),
        ],
      )
    },
  )
})

test('restoring twice at once makes one version, and what it waits for may be completed meanwhile', async () => {
  await inLanes(
    { lanes: 4, rounds: 125 },
    async () => {
      const [task = '', blocker = ''] = await tasks(2)
      await ada().put(edge(task, blocker))
      return { task, blocker }
    },
    async ({ task, blocker }) => {
      await ada().delete(`/v1/tasks/${task}`)
      const before = await statusOf(task)
      await together([200], [post(task, 'restore'), post(task, 'restore'), post(blocker, 'complete')])
      const after = await statusOf(task)
      expect(after).toMatchObject({ status: 'TODO', kind: null, deleted: false })
      // Restored as blocked and then freed, or restored as free.
      expect([1, 2]).toContain(after.version - before.version)
      await post(blocker, 'reopen')
    },
  )
})

test('restoring what is waited for meets its deletion, and whoever goes to work meanwhile', async () => {
  await inLanes(
    { lanes: 4, rounds: 125 },
    async () => {
      const [task = '', blocker = ''] = await tasks(2)
      await ada().put(edge(task, blocker))
      await ada().delete(`/v1/tasks/${blocker}`)
      return { task, blocker }
    },
    async ({ task, blocker }) => {
      await together(
        [200, 204, 409],
        [post(blocker, 'restore'), ada().delete(`/v1/tasks/${blocker}`), post(task, 'start')],
      )
      const { deleted } = await statusOf(blocker)
      expect(await statusOf(task)).toMatchObject(deleted ? { kind: null } : { status: 'BLOCKED', kind: 'DEPENDENCY' })
      if (!deleted) await ada().delete(`/v1/tasks/${blocker}`)
      await post(task, 'stop')
    },
  )
})

test('a goal is restored once, and a task of it either with it or not at all', async () => {
  await inLanes(
    { lanes: 4, rounds: 125 },
    async () => {
      const goal = await ada().goal()
      const blocker = await ada().task(goal.id)
      const task = await ada().task(goal.id, { dependencies: [blocker.id] })
      return { goal: goal.id, blocker: blocker.id, task: task.id }
    },
    async ({ goal, task, blocker }) => {
      await ada().delete(`/v1/goals/${goal}`)
      const before = await statusOf(task)
      await together(
        [200, 204, 409],
        [
          ada().post(`/v1/goals/${goal}/restore`),
          ada().post(`/v1/goals/${goal}/restore`),
          post(task, 'restore'),
          post(blocker, 'complete'),
        ],
      )
      const after = await statusOf(task)
      expect(after.deleted).toBe(false)
      expect([1, 2]).toContain(after.version - before.version)
      await post(blocker, 'reopen')
    },
  )
})
