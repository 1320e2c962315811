import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, startTestApp } from '../support/test-app.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let ada: Client
beforeAll(async () => {
  api = await startTestApp()
  ada = await api.as()
})
afterAll(() => api.close())

const statuses = ['ACTIVE', 'ON_HOLD', 'COMPLETED', 'CANCELLED'] as const
type Status = (typeof statuses)[number]
const verbs = ['complete', 'cancel', 'hold', 'resume', 'reopen'] as const
type Verb = (typeof verbs)[number]

/** The contract, written down apart from the code: which state may follow which, and by which verb. */
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
const wayTo: Record<Status, Verb[]> = {
  ACTIVE: [],
  ON_HOLD: ['hold'],
  COMPLETED: ['complete'],
  CANCELLED: ['cancel'],
}

type Move = { verb: Verb } | { status: Status }
const moves: Move[] = [...verbs.map((verb) => ({ verb })), ...statuses.map((status) => ({ status }))]

const send = (id: unknown, move: Move) =>
  'verb' in move
    ? ada.post(`/v1/goals/${id}/${move.verb}`)
    : ada.patch(`/v1/goals/${id}`, { status: move.status }, { 'if-match': '*' })

async function goalIn(status: Status) {
  let goal: Record<string, unknown> = await ada.goal()
  for (const verb of wayTo[status]) goal = (await send(goal.id, { verb })).body
  expect(goal.status).toBe(status)
  return goal
}

const eventsOf = async (id: unknown) =>
  (
    await api.pool.query(
      `select type || ' v' || aggregate_version as event from events where aggregate_id = $1 order by position`,
      [id],
    )
  ).rows.map((row) => row.event)

/** Makes a move and holds the answer against the contract. @returns the goal as it then is, and what it must have announced */
async function makeMove(goal: Record<string, unknown>, move: Move) {
  const from = goal.status as Status
  const to = 'verb' in move ? leadsTo[move.verb] : move.status
  const how = `${from} ${JSON.stringify(move)}`
  const answer = await send(goal.id, move)
  const now = (await ada.get(`/v1/goals/${goal.id}`)).body
  if (to === from) {
    expect(answer, how).toMatchObject({ status: 200, body: goal, headers: { etag: `"${goal.version}"` } })
    expect(now, how).toEqual(goal)
    return { now, announced: [] }
  }
  const verb = contract[from][to]
  if (verb === undefined || ('verb' in move && move.verb !== verb)) {
    expect(answer, how).toMatchObject({ status: 409, body: { code: 'invalid-transition' } })
    expect([answer.body.allowed].flat().toSorted(), how).toEqual(Object.keys(contract[from]).toSorted())
    expect(now, how).toEqual(goal)
    return { now, announced: [] }
  }
  const version = Number(goal.version) + 1
  expect(answer, how).toMatchObject({ status: 200, body: { status: to, version }, headers: { etag: `"${version}"` } })
  expect(answer.body.completedAt, how).toBe(to === 'COMPLETED' ? answer.body.updatedAt : null)
  expect(now, how).toEqual(answer.body)
  return {
    now,
    announced: ['goal:updated', ...(to === 'COMPLETED' ? ['goal:completed'] : [])].map((e) => `${e} v${version}`),
  }
}

test.for(statuses)(
  'from %s every verb and every status leads where the contract says, and nowhere else',
  async (from) => {
    for (const move of moves) {
      const goal = await goalIn(from)
      const before = await eventsOf(goal.id)
      const { announced } = await makeMove(goal, move)
      expect(await eventsOf(goal.id), JSON.stringify(move)).toEqual([...before, ...announced])
    }
  },
)

test('on any walk each change is one version and one update, and each completion one milestone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...moves), { minLength: 4, maxLength: 12 }), async (walk) => {
      let goal: Record<string, unknown> = await ada.goal()
      const events = ['goal:created v1']
      for (const move of walk) {
        const { now, announced } = await makeMove(goal, move)
        goal = now
        events.push(...announced)
      }
      expect(await eventsOf(goal.id)).toEqual(events)
    }),
    { numRuns: 30 },
  )
})

test('a completed goal that is changed otherwise stays completed since then', async () => {
  const goal = await goalIn('COMPLETED')
  const patched = await ada.patch(`/v1/goals/${goal.id}`, { status: 'COMPLETED', title: 'Done' }, { 'if-match': '*' })
  expect(patched.body).toMatchObject({ title: 'Done', completedAt: goal.completedAt, version: 3 })
  expect((await eventsOf(goal.id)).slice(-1)).toEqual(['goal:updated v3'])
})

test.for(statuses)('what a goal in %s is said to allow works, and nothing else does', async (from) => {
  for (const verb of verbs) {
    const goal = await goalIn(from)
    const { capabilities } = (await ada.get(`/v1/goals/${goal.id}?include=capabilities`)).body as {
      capabilities: Record<string, object>
    }
    const answer = await send(goal.id, { verb })
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

test('a deleted goal allows nothing', async () => {
  const goal = await goalIn('ON_HOLD')
  await ada.delete(`/v1/goals/${goal.id}`)
  const read = await ada.get(`/v1/goals/${goal.id}?include=capabilities&includeDeleted=true`)
  for (const verb of verbs) {
    expect(read.body.capabilities).toHaveProperty(verb, { allowed: false, code: 'deleted' })
    expect(await send(goal.id, { verb })).toMatchObject({ status: 409, body: { code: 'deleted' } })
  }
})

test('the contract says of each verb where it leads, and of each change of state what may follow', async () => {
  const { paths } = (await ada.get('/openapi.json')).body as unknown as {
    paths: Record<string, Record<string, { description: string; responses: Record<string, { description: string }> }>>
  }
  for (const verb of verbs) {
    const route = paths[`/v1/goals/{goalId}/${verb}`]?.post
    const ways = statuses.flatMap((from) => statuses.map((to) => ({ from, to, there: contract[from][to] === verb })))
    for (const { from, to, there } of ways)
      expect(route?.description.includes(`\`${from}\` → \`${to}\``), `${verb} ${from} ${to}`).toBe(there)
  }
  for (const route of [
    ...verbs.map((verb) => paths[`/v1/goals/{goalId}/${verb}`]?.post),
    paths['/v1/goals/{goalId}']?.patch,
  ])
    for (const from of statuses)
      expect(route?.responses[409]?.description).toContain(
        `After \`${from}\`: ${Object.keys(contract[from]).join(', ')}.`,
      )
})
