import { expect } from 'vitest'
import { raceRounds } from '../support/limits.ts'
import { runInParallel } from '../support/run-in-parallel.ts'
import { expectStatuses, test } from '../support/task-races.ts'

test('a task is deleted with its goal when it is created there or moved there during the deletion', async ({ ada }) => {
  await runInParallel(
    raceRounds,
    async () => {
      const from = await ada.createGoal()
      return { from: from.id, blocker: (await ada.createTask(from.id)).id }
    },
    async ({ from, blocker }) => {
      const [goal, mover] = await Promise.all([ada.createGoal(), ada.createTask(from)])
      const into = `/v1/goals/${goal.id}`
      await expectStatuses(
        [201, 200, 204, 409],
        [
          ada.post(`${into}/tasks`, { title: 'x' }),
          ada.delete(into),
          ada.patchTask(mover.id, { goalId: goal.id }),
          ada.post(`${into}/tasks`, { title: 'x', dependencies: [blocker] }),
        ],
      )
    },
  )
})

test('two restorations at once create one version when the blocker completes meanwhile', async ({ ada, statusOf }) => {
  await runInParallel(
    raceRounds,
    async () => {
      const [task = '', blocker = ''] = await ada.createTaskIds(2)
      await ada.addDependency(task, blocker)
      return { task, blocker }
    },
    async ({ task, blocker }) => {
      await ada.delete(`/v1/tasks/${task}`)
      const before = await statusOf(task)
      await expectStatuses(
        [200],
        [ada.actOnTask(task, 'restore'), ada.actOnTask(task, 'restore'), ada.actOnTask(blocker, 'complete')],
      )
      const after = await statusOf(task)
      expect(after).toMatchObject({ status: 'TODO', kind: null, deleted: false })
      // The task is restored as blocked and then unblocked, or restored as unblocked.
      expect([1, 2]).toContain(after.version - before.version)
      await ada.actOnTask(blocker, 'reopen')
    },
  )
})

test('a task is blocked exactly when its blocker is live after concurrent requests', async ({ ada, statusOf }) => {
  await runInParallel(
    raceRounds,
    async () => {
      const [task = '', blocker = ''] = await ada.createTaskIds(2)
      await ada.addDependency(task, blocker)
      await ada.delete(`/v1/tasks/${blocker}`)
      return { task, blocker }
    },
    async ({ task, blocker }) => {
      await expectStatuses(
        [200, 204, 409],
        [ada.actOnTask(blocker, 'restore'), ada.delete(`/v1/tasks/${blocker}`), ada.actOnTask(task, 'start')],
      )
      const { deleted } = await statusOf(blocker)
      expect(await statusOf(task)).toMatchObject(deleted ? { kind: null } : { status: 'BLOCKED', kind: 'DEPENDENCY' })
      if (!deleted) await ada.delete(`/v1/tasks/${blocker}`)
      await ada.actOnTask(task, 'stop')
    },
  )
})

test('a goal and its task are restored once when both are restored at once', async ({ ada, statusOf }) => {
  await runInParallel(
    raceRounds,
    async () => {
      const goal = await ada.createGoal()
      const blocker = await ada.createTask(goal.id)
      const task = await ada.createTask(goal.id, { dependencies: [blocker.id] })
      return { goal: goal.id, blocker: blocker.id, task: task.id }
    },
    async ({ goal, task, blocker }) => {
      await ada.delete(`/v1/goals/${goal}`)
      const before = await statusOf(task)
      await expectStatuses(
        [200, 204, 409],
        [
          ada.actOnGoal(goal, 'restore'),
          ada.actOnGoal(goal, 'restore'),
          ada.actOnTask(task, 'restore'),
          ada.actOnTask(blocker, 'complete'),
        ],
      )
      const after = await statusOf(task)
      expect(after.deleted).toBe(false)
      expect([1, 2]).toContain(after.version - before.version)
      await ada.actOnTask(blocker, 'reopen')
    },
  )
})
