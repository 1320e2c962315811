import fc from 'fast-check'
import { expect } from 'vitest'
import type { Client, Entity } from '../support/client.ts'
import { manyRounds } from '../support/limits.ts'
import { test } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'

const statuses = ['ACTIVE', 'ON_HOLD', 'COMPLETED', 'CANCELLED'] as const
type Status = (typeof statuses)[number]
const verbs = ['complete', 'cancel', 'hold', 'resume', 'reopen'] as const
type Verb = (typeof verbs)[number]

/** The contract, written independently of the code: which state may follow which, and by which verb. */
const contract: Record<Status, Partial<Record<Status, Verb>>> = {
  ACTIVE: { ON_HOLD: 'hold', COMPLETED: 'complete', CANCELLED: 'cancel' },
  ON_HOLD: { ACTIVE: 'resume', COMPLETED: 'complete', CANCELLED: 'cancel' },
  COMPLETED: { ACTIVE: 'reopen' },
  CANCELLED: { ACTIVE: 'reopen' },
}
const leadsTo: Record<Verb, Status> = {
  complete: 'COMPLETED',
  cancel: 'CANCELLED',
  hold: 'ON_HOLD',
  resume: 'ACTIVE',
  reopen: 'ACTIVE',
}
const verbsTo: Record<Status, Verb[]> = {
  ACTIVE: [],
  ON_HOLD: ['hold'],
  COMPLETED: ['complete'],
  CANCELLED: ['cancel'],
}

type Move = { verb: Verb } | { status: Status }
const moves: Move[] = [...verbs.map((verb) => ({ verb })), ...statuses.map((status) => ({ status }))]

const send = (client: Client, goalId: string, move: Move) =>
  'verb' in move ? client.actOnGoal(goalId, move.verb) : client.patchGoal(goalId, { status: move.status })

async function createGoalIn(client: Client, status: Status): Promise<Entity> {
  const { id } = await client.createGoal()
  for (const verb of verbsTo[status]) await send(client, id, { verb })
  const goal = await readGoal(client, id)
  expect(goal.status).toBe(status)
  return goal
}

const readGoal = async (client: Client, goalId: string) => (await client.get(`/v1/goals/${goalId}`)).body as Entity

/** Returns the events of a goal, oldest first, as `goal:updated v2`. */
const eventsOf = async (api: TestApp, goalId: string) =>
  (await api.eventsOf(goalId)).map(({ type, version }) => `${type} v${version}`)

/** Makes a move and compares the answer with the contract. Returns the goal afterwards and its expected events. */
async function makeMove(client: Client, goal: Entity, move: Move) {
  const from = goal.status as Status
  const to = 'verb' in move ? leadsTo[move.verb] : move.status
  const how = `${from} ${JSON.stringify(move)}`
  const answer = await send(client, goal.id, move)
  const now = await readGoal(client, goal.id)
  if (to === from) {
    expect(answer, how).toMatchObject({ status: 200, body: goal, headers: { etag: `"${goal.version}"` } })
    expect(now, how).toEqual(goal)
    return { now, emitted: [] }
  }
  const verb = contract[from][to]
  if (verb === undefined || ('verb' in move && move.verb !== verb)) {
    expect(answer, how).toMatchObject({ status: 409, body: { code: 'invalid-transition' } })
    expect([answer.body.allowed].flat().toSorted(), how).toEqual(Object.keys(contract[from]).toSorted())
    expect(now, how).toEqual(goal)
    return { now, emitted: [] }
  }
  const version = Number(goal.version) + 1
  expect(answer, how).toMatchObject({ status: 200, body: { status: to, version }, headers: { etag: `"${version}"` } })
  expect(answer.body.completedAt, how).toBe(to === 'COMPLETED' ? answer.body.updatedAt : null)
  expect(now, how).toEqual(answer.body)
  return {
    now,
    emitted: ['goal:updated', ...(to === 'COMPLETED' ? ['goal:completed'] : [])].map((e) => `${e} v${version}`),
  }
}

test.for(statuses)(
  'a goal in %s goes where the contract says, and nowhere else, by every verb and every status',
  async (from, { api, ada }) => {
    for (const move of moves) {
      const goal = await createGoalIn(ada, from)
      const before = await eventsOf(api, goal.id)
      const { emitted } = await makeMove(ada, goal, move)
      expect(await eventsOf(api, goal.id), JSON.stringify(move)).toEqual([...before, ...emitted])
    }
  },
)

test(
  'a random walk creates one version and one update per change, and one milestone per completion',
  manyRounds,
  async ({ api, ada }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...moves), { minLength: 4, maxLength: 12 }), async (walk) => {
        let goal: Entity = await ada.createGoal()
        const events = ['goal:created v1']
        for (const move of walk) {
          const { now, emitted } = await makeMove(ada, goal, move)
          goal = now
          events.push(...emitted)
        }
        expect(await eventsOf(api, goal.id)).toEqual(events)
      }),
      { numRuns: 30 },
    )
  },
)

test('a completed goal keeps its completion time when another field changes', async ({ api, ada }) => {
  const goal = await createGoalIn(ada, 'COMPLETED')
  const patched = await ada.patchGoal(goal.id, { status: 'COMPLETED', title: 'Done' })
  expect(patched.body).toMatchObject({ title: 'Done', completedAt: goal.completedAt, version: 3 })
  expect((await eventsOf(api, goal.id)).slice(-1)).toEqual(['goal:updated v3'])
})

test.for(statuses)('the capabilities of a goal in %s are exactly the verbs that succeed', async (from, { ada }) => {
  for (const verb of verbs) {
    const goal = await createGoalIn(ada, from)
    const { capabilities } = (await ada.get(`/v1/goals/${goal.id}?include=capabilities`)).body as {
      capabilities: Record<string, object>
    }
    const answer = await send(ada, goal.id, { verb })
    const unchanged = answer.body.version === goal.version
    expect(capabilities[verb], `${from} ${verb}`).toEqual(
      answer.status === 409
        ? { allowed: false, code: answer.body.code }
        : unchanged
          ? undefined
          : { allowed: true, to: answer.body.status },
    )
    expect([200, 409]).toContain(answer.status)
  }
})

test('a deleted goal allows no verb', async ({ ada }) => {
  const goal = await createGoalIn(ada, 'ON_HOLD')
  await ada.delete(`/v1/goals/${goal.id}`)
  const read = await ada.get(`/v1/goals/${goal.id}?include=capabilities&includeDeleted=true`)
  for (const verb of verbs) {
    expect(read.body.capabilities).toHaveProperty(verb, { allowed: false, code: 'deleted' })
    expect(await send(ada, goal.id, { verb })).toMatchObject({ status: 409, body: { code: 'deleted' } })
  }
})

test('the OpenAPI document names the transitions of each verb and the allowed next states', async ({ ada }) => {
  const { paths } = (await ada.get('/openapi.json')).body as unknown as {
    paths: Record<string, Record<string, { description: string }>>
  }
  for (const verb of verbs) {
    const route = paths[`/v1/goals/{goalId}/${verb}`]?.post
    const transitions = statuses.flatMap((from) =>
      statuses.map((to) => ({ from, to, expected: contract[from][to] === verb })),
    )
    for (const { from, to, expected } of transitions)
      expect(route?.description.includes(`\`${from}\` → \`${to}\``), `${verb} ${from} ${to}`).toBe(expected)
  }
  for (const route of [
    ...verbs.map((verb) => paths[`/v1/goals/{goalId}/${verb}`]?.post),
    paths['/v1/goals/{goalId}']?.patch,
  ])
    for (const from of statuses)
      expect(route?.description).toContain(`After \`${from}\`: ${Object.keys(contract[from]).join(', ')}.`)
})
