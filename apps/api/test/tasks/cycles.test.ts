import { expectInvariants } from '@goals-tasks/db/testing'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { inLanes } from '../support/in-parallel.ts'
import { type Client, startTestApp } from '../support/test-app.ts'

// Hundreds of rounds on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

let api: Awaited<ReturnType<typeof startTestApp>>
beforeAll(async () => {
  api = await startTestApp()
})
afterEach(() => expectInvariants(api.pool))
afterAll(() => api.close())

type Task = { id: string; by: Client }
const edge = (from: Task, to: Task) => `/v1/tasks/${from.id}/dependencies/${to.id}`
const add = (from: Task, to: Task) => from.by.put(edge(from, to))

/** A ring of tasks, each its owner's, and each to be seen by the owner of the one before it, who is to wait for it. */
async function ring(owners: readonly Client[]): Promise<Task[]> {
  return Promise.all(
    owners.map(async (by, i) => {
      const goal = await by.goal()
      const { id } = await by.task(goal.id, { assignedTo: owners.at(i - 1)?.id })
      return { id, by }
    }),
  )
}

/** Adds the edges at once: all but one get in, the one is shown the cycle. Then they are gone again. */
async function addAll(edges: readonly (readonly [Task, Task])[], lengthOfCycle: number) {
  const answers = await Promise.all(edges.map(([from, to]) => add(from, to)))
  const refused = answers.filter((answer) => answer.status !== 200)
  expect(refused).toMatchObject([{ status: 409, body: { code: 'dependency-cycle' } }])
  const cycle = refused[0]?.body.cycle as string[]
  expect(cycle).toHaveLength(lengthOfCycle + 1)
  expect(cycle[0]).toBe(cycle.at(-1))
  const added = edges.filter((_, i) => answers[i]?.status === 200)
  await Promise.all(added.map(([from, to]) => from.by.delete(edge(from, to))))
}

test('of two edges that turn two tasks against each other exactly one gets in', async () => {
  const ada = await api.as()
  await inLanes(
    { lanes: 4, rounds: 125 },
    () => ring([ada, ada]),
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
})

/** B waits for C and that for D, E for F and that for A: were A to wait for B, and D for E, which lock no task in common, it would close. */
async function halfClosed(owners: readonly Client[]) {
  const [a, b, c, d, e, f] = (await ring(owners)) as [Task, Task, Task, Task, Task, Task]
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

test('two edges that share no task never close a cycle together, within one owner and across six', async () => {
  const owners = await Promise.all(Array.from({ length: 6 }, () => api.as()))
  await inLanes(
    { lanes: 4, rounds: 50 },
    (lane) => halfClosed(lane < 2 ? owners.map(() => owners[0] as Client) : owners),
    (edges) => addAll(edges, 6),
  )
})
