import { expect } from 'vitest'
import { raceRounds } from '../support/limits.ts'
import { runInParallel } from '../support/run-in-parallel.ts'
import { expectStatuses, test } from '../support/task-races.ts'

test('a task is not left blocked when its blocker completes during the addition', async ({ ada, statusOf }) => {
  await runInParallel(
    raceRounds,
    () => ada.createTaskIds(2),
    async ([task = '', blocker = '']) => {
      await expectStatuses([200], [ada.addDependency(task, blocker), ada.actOnTask(blocker, 'complete')])
      expect(await statusOf(task)).toMatchObject({ status: 'TODO', kind: null })
      await expectStatuses([200], [ada.removeDependency(task, blocker), ada.actOnTask(blocker, 'reopen')])
      expect(await statusOf(task)).toMatchObject({ status: 'TODO', kind: null })
    },
  )
})

test('a task is not left workable when it starts during the addition', async ({ ada, statusOf }) => {
  await runInParallel(
    raceRounds,
    () => ada.createTaskIds(2),
    async ([task = '', blocker = '']) => {
      await expectStatuses(
        [200, 409],
        [ada.addDependency(task, blocker), ada.actOnTask(task, 'start'), ada.actOnTask(task, 'complete')],
      )
      const { status } = await statusOf(task)
      expect(['BLOCKED', 'COMPLETED']).toContain(status)
      await ada.removeDependency(task, blocker)
      await ada.actOnTask(task, status === 'COMPLETED' ? 'reopen' : 'stop')
    },
  )
})

test('no dependency is lost when several are added to one task at once', async ({ ada, statusOf }) => {
  await runInParallel(
    raceRounds,
    () => ada.createTaskIds(4),
    async ([task = '', ...blockers]) => {
      await expectStatuses(
        [200],
        blockers.map((blocker) => ada.addDependency(task, blocker)),
      )
      const { body } = await ada.get(`/v1/tasks/${task}`)
      expect((body.dependencies as string[]).toSorted()).toEqual(blockers.toSorted())
      await expectStatuses(
        [200],
        blockers.map((blocker) => ada.removeDependency(task, blocker)),
      )
      expect(await statusOf(task)).toMatchObject({ status: 'TODO', version: Number(body.version) + 3 })
    },
  )
})
