import { expect, test, vi } from 'vitest'
import { inLanes } from '../support/in-parallel.ts'
import { setUpTaskRaces, together } from '../support/task-races.ts'

// Hundreds of rounds on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const { ada, edge, post, statusOf, tasks } = setUpTaskRaces()

test('nobody stays blocked by a task that was completed while they came to wait for it', async () => {
  await inLanes(
    { lanes: 4, rounds: 125 },
    () => tasks(2),
    async ([task = '', blocker = '']) => {
      await together([200], [ada().put(edge(task, blocker)), post(blocker, 'complete')])
      expect(await statusOf(task)).toMatchObject({ status: 'TODO', kind: null })
      await together([200], [ada().delete(edge(task, blocker)), post(blocker, 'reopen')])
      expect(await statusOf(task)).toMatchObject({ status: 'TODO', kind: null })
    },
  )
})

test('nobody goes to work on what they came to wait for at that moment', async () => {
  await inLanes(
    { lanes: 4, rounds: 125 },
    () => tasks(2),
    async ([task = '', blocker = '']) => {
      await together([200, 409], [ada().put(edge(task, blocker)), post(task, 'start'), post(task, 'complete')])
      const { status } = await statusOf(task)
      expect(['BLOCKED', 'COMPLETED']).toContain(status)
      await ada().delete(edge(task, blocker))
      await post(task, status === 'COMPLETED' ? 'reopen' : 'stop')
    },
  )
})

test('several come to be waited for by one task at once, and none is lost', async () => {
  await inLanes(
    { lanes: 4, rounds: 125 },
    () => tasks(4),
    async ([task = '', ...blockers]) => {
      await together(
        [200],
        blockers.map((blocker) => ada().put(edge(task, blocker))),
      )
      const { body } = await ada().get(`/v1/tasks/${task}`)
      expect((body.dependencies as string[]).toSorted()).toEqual(blockers.toSorted())
      await together(
        [200],
        blockers.map((blocker) => ada().delete(edge(task, blocker))),
      )
      expect(await statusOf(task)).toMatchObject({ status: 'TODO', version: Number(body.version) + 3 })
    },
  )
})
