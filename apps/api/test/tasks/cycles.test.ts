import { expectInvariants } from '@goals-tasks/db/testing'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { manyRounds, raceRounds } from '../support/limits.ts'
import { runInParallel } from '../support/run-in-parallel.ts'
import { test } from '../support/test.ts'

test.afterEach(({ api }) => expectInvariants(api.pool))

type Task = { id: string; owner: Client }
const add = (from: Task, to: Task) => from.owner.addDependency(from.id, to.id)

/** Creates one task per owner. Each is assigned to the owner before it, so that the task before it may depend on it. */
async function createRing(owners: readonly Client[]): Promise<Task[]> {
  return Promise.all(
    owners.map(async (owner, i) => {
      const goal = await owner.createGoal()
      const { id } = await owner.createTask(goal.id, { assignedTo: owners.at(i - 1)?.id })
      return { id, owner }
    }),
  )
}

/** Adds the dependencies at once. All but one are accepted, and one is refused with the cycle. Then it removes them. */
async function addAll(dependencies: readonly (readonly [Task, Task])[], lengthOfCycle: number) {
  const answers = await Promise.all(dependencies.map(([from, to]) => add(from, to)))
  const refused = answers.filter((answer) => answer.status !== 200)
  expect(refused).toMatchObject([{ status: 409, body: { code: 'dependency-cycle' } }])
  const cycle = refused[0]?.body.cycle as string[]
  expect(cycle).toHaveLength(lengthOfCycle + 1)
  expect(cycle[0]).toBe(cycle.at(-1))
  const added = dependencies.filter((_, i) => answers[i]?.status === 200)
  await Promise.all(added.map(([from, to]) => from.owner.removeDependency(from.id, to.id)))
}

test(
  'exactly one of two opposite dependencies is accepted when both are added at once',
  manyRounds,
  async ({ ada }) => {
    await runInParallel(
      raceRounds,
      () => createRing([ada, ada]),
      async ([a, b]) =>
        a &&
        b &&
        addAll(
          [
            [a, b],
            [b, a],
          ],
          2,
        ),
    )
  },
)

/**
 * Makes B depend on C and C on D, E on F and F on A. The returned dependencies, of A on B and of D on E, would close
 * the ring together, and lock no task in common.
 */
async function createHalfClosedRing(owners: readonly Client[]) {
  const [a, b, c, d, e, f] = (await createRing(owners)) as [Task, Task, Task, Task, Task, Task]
  for (const [from, to] of [
    [b, c],
    [c, d],
    [e, f],
    [f, a],
  ] as const)
    expect((await add(from, to)).status).toBe(200)
  return [
    [a, b],
    [d, e],
  ] as const
}

test(
  'two dependencies without a common task never close a cycle together, for one owner and for six',
  manyRounds,
  async ({ api, ada }) => {
    const owners = await Promise.all(Array.from({ length: 6 }, () => api.as()))
    await runInParallel(
      raceRounds,
      (sequence) => createHalfClosedRing(sequence < 2 ? owners.map(() => ada) : owners),
      (dependencies) => addAll(dependencies, 6),
    )
  },
)
