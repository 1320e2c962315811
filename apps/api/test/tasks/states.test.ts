import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, startTestApp } from '../support/test-app.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let ada: Client
let bob: Client
let goalId: string
beforeAll(async () => {
  api = await startTestApp()
  ada = await api.as()
  bob = await api.as()
  goalId = (await ada.goal()).id
})
afterAll(() => api.close())

const statuses = ['TODO', 'IN_PROGRESS', 'BLOCKED', 'COMPLETED', 'CANCELLED'] as const
type Status = (typeof statuses)[number]
const verbs = ['start', 'stop', 'complete', 'block', 'unblock', 'cancel', 'reopen'] as const
type Verb = (typeof verbs)[number]

/** The contract, written down apart from the code: which state may follow which, and by which verbs. */
const contract: Record<Status, Partial<Record<Status, Verb[]>>> = {
  TODO: { IN_PROGRESS: ['start'], BLOCKED: ['block'], COMPLETED: ['complete'], CANCELLED: ['cancel'] },
  IN_PROGRESS: { TODO: ['stop'], BLOCKED: ['block'], COMPLETED: ['complete'], CANCELLED: ['cancel'] },
  // Only out of a block by hand, and completed only by force.
  BLOCKED: {
    TODO: ['unblock', 'stop'],
    IN_PROGRESS: ['unblock', 'start'],
    COMPLETED: ['complete'],
    CANCELLED: ['cancel'],
  },
  COMPLETED: { TODO: ['reopen'], IN_PROGRESS: [] },
  CANCELLED: { TODO: ['reopen'], IN_PROGRESS: [] },
}

type Block = 'MANUAL' | 'DEPENDENCY' | null
/** A task, whatever may wait for it, and the one task that it waits for. */
type Model = { status: Status; block: Block; from: Status | null; blockerOpen: boolean }
type Move = ({ verb: Verb } | { status: Status }) & { force?: true }

const isOpen = (status: Status) => status !== 'COMPLETED' && status !== 'CANCELLED'
const isWorkable = (status: Status) => status === 'TODO' || status === 'IN_PROGRESS'

/** Where a move means to lead; the state itself when it is there already. */
function target(move: Move, { status, block, from }: Model): Status {
  if ('status' in move) return move.status
  const unblocked = status === 'BLOCKED' ? (from ?? 'TODO') : isOpen(status) ? status : 'TODO'
  const landed = block === 'DEPENDENCY' ? 'BLOCKED' : 'TODO'
  const targets = {
    start: 'IN_PROGRESS',
    stop: 'TODO',
    complete: 'COMPLETED',
    block: 'BLOCKED',
    cancel: 'CANCELLED',
  } as const
  return move.verb === 'unblock' ? unblocked : move.verb === 'reopen' ? landed : targets[move.verb]
}

type Outcome = Model | 'unchanged' | 'invalid-transition' | 'task-blocked'

function outcome(move: Move, model: Model): Outcome {
  const { status, block, blockerOpen } = model
  const to = target(move, model)
  if (to === status) return 'unchanged'
  const by = contract[status][to]
  if (!by || ('verb' in move && !by.includes(move.verb))) return 'invalid-transition'
  if (status === 'BLOCKED' && to === 'COMPLETED' && !move.force) return 'task-blocked'
  if (block === 'DEPENDENCY' && isWorkable(to)) return 'task-blocked'
  if (to === 'BLOCKED') return { status: to, block: 'MANUAL', from: status, blockerOpen }
  if (isWorkable(to) && blockerOpen) return { status: 'BLOCKED', block: 'DEPENDENCY', from: to, blockerOpen }
  return { status: to, block: null, from: null, blockerOpen }
}

/** What becomes of the task when the one that it waits for is closed or opened again. */
function settled(model: Model, blockerOpen: boolean): Model {
  const { status, block, from } = model
  if (blockerOpen && isWorkable(status)) return { status: 'BLOCKED', block: 'DEPENDENCY', from: status, blockerOpen }
  if (!blockerOpen && block === 'DEPENDENCY' && from) return { status: from, block: null, from: null, blockerOpen }
  return { ...model, blockerOpen }
}

const moves: Move[] = [
  ...verbs.map((verb) => ({ verb })),
  ...statuses.map((status) => ({ status })),
  { verb: 'complete', force: true },
  { status: 'COMPLETED', force: true },
]

const send = (id: unknown, move: Move, client = ada) => {
  const force = move.force ? { force: true } : {}
  return 'verb' in move
    ? client.post(`/v1/tasks/${id}/${move.verb}`, move.force && force)
    : client.patch(`/v1/tasks/${id}`, { status: move.status, ...force }, { 'if-match': '*' })
}

const read = async (id: unknown) => (await ada.get(`/v1/tasks/${id}`)).body
const modelOf = (task: Record<string, unknown>, blockerOpen: boolean) =>
  ({ status: task.status, block: task.blockKind, from: task.blockedFrom, blockerOpen }) as Model

const eventsOf = async (id: unknown) =>
  (
    await api.pool.query(
      `select concat_ws(' ', type, 'v' || aggregate_version, reason) as event from events where aggregate_id = $1 order by position`,
      [id],
    )
  ).rows.map((row) => row.event)

/** Makes a move and holds the answer against the contract. @returns the task as it then is, and what it must have announced */
async function makeMove(task: Record<string, unknown>, blocker: string | undefined, model: Model, move: Move) {
  const how = `${JSON.stringify(model)} ${JSON.stringify(move)}`
  const expected = outcome(move, model)
  const answer = await send(task.id, move)
  const now = await read(task.id)
  if (typeof expected === 'string') {
    expect(now, how).toEqual(task)
    if (expected === 'unchanged') expect(answer, how).toMatchObject({ status: 200, body: task })
    else expect(answer, how).toMatchObject({ status: 409, body: { code: expected } })
    if (expected === 'invalid-transition')
      expect([answer.body.allowed].flat().toSorted(), how).toEqual(Object.keys(contract[model.status]).toSorted())
    if (expected === 'task-blocked')
      expect(answer.body.blockers, how).toEqual(model.blockerOpen && blocker ? [blocker] : [])
    return { now, model, announced: [] }
  }
  const version = Number(task.version) + 1
  expect(answer, how).toMatchObject({ status: 200, body: { version }, headers: { etag: `"${version}"` } })
  expect(modelOf(answer.body, expected.blockerOpen), how).toEqual(expected)
  expect(answer.body.completedAt, how).toBe(expected.status === 'COMPLETED' ? answer.body.updatedAt : null)
  expect(now, how).toEqual(answer.body)
  const completes = expected.status === 'COMPLETED'
  const why = completes && model.status === 'BLOCKED' ? ' forced' : expected.block === 'DEPENDENCY' ? ' blocked' : ''
  const announced = ['task:updated', ...(completes ? ['task:completed'] : [])].map((e) => `${e} v${version}${why}`)
  return { now, model: expected, announced }
}

/** Every state that a task can be in, and how to bring it there. `settle` closes or opens what it waits for. */
const situations: Record<string, (Move | { blockerOpen: boolean })[]> = {
  'to do': [{ blockerOpen: false }],
  'in progress': [{ blockerOpen: false }, { verb: 'start' }],
  'blocked by hand': [{ blockerOpen: false }, { verb: 'start' }, { verb: 'block' }],
  'blocked by hand, with an open blocker': [{ blockerOpen: false }, { verb: 'block' }, { blockerOpen: true }],
  'waiting for another': [],
  'waiting for another, once in progress': [{ blockerOpen: false }, { verb: 'start' }, { blockerOpen: true }],
  completed: [{ blockerOpen: false }, { verb: 'complete' }],
  'completed, with an open blocker': [{ verb: 'complete', force: true }],
  cancelled: [{ blockerOpen: false }, { verb: 'cancel' }],
  'cancelled, with an open blocker': [{ verb: 'cancel' }],
}

/** A task that waits for one other, in some situation. */
async function taskIn(steps: (Move | { blockerOpen: boolean })[], fields: object = {}) {
  const blocker = await ada.task(goalId)
  const { id } = await ada.task(goalId, { dependencies: [blocker.id], ...fields })
  let model: Model = { status: 'BLOCKED', block: 'DEPENDENCY', from: 'TODO', blockerOpen: true }
  for (const step of steps) {
    if ('blockerOpen' in step) {
      await send(blocker.id, { verb: step.blockerOpen ? 'reopen' : 'complete' })
      model = settled(model, step.blockerOpen)
    } else {
      expect((await send(id, step)).status).toBe(200)
      model = outcome(step, model) as Model
    }
  }
  const task = await read(id)
  expect(modelOf(task, model.blockerOpen)).toEqual(model)
  return { task, model, blocker: blocker.id }
}

test.for(Object.keys(situations))(
  'a task %s: every verb and every status leads where the contract says, and nowhere else',
  async (name) => {
    for (const move of moves) {
      const { task, model, blocker } = await taskIn(situations[name] ?? [])
      const before = await eventsOf(task.id)
      const { announced } = await makeMove(task, blocker, model, move)
      expect(await eventsOf(task.id), JSON.stringify(move)).toEqual([...before, ...announced])
    }
  },
)

test('on any walk, with what it waits for opening and closing meanwhile, each change is one version and one update', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...moves) },
    { weight: 1, arbitrary: fc.constant('other' as const) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (walk) => {
      let { task, model, blocker } = await taskIn([])
      const events = ['task:created v1']
      for (const move of walk) {
        if (move === 'other') {
          const next = settled(model, !model.blockerOpen)
          await send(blocker, { verb: model.blockerOpen ? 'complete' : 'reopen' })
          const now = await read(task.id)
          expect(modelOf(now, next.blockerOpen)).toEqual(next)
          if (next.status !== model.status)
            events.push(`task:updated v${now.version} ${next.blockerOpen ? 'blocked' : 'unblocked'}`)
          task = now
          model = next
        } else {
          const made = await makeMove(task, blocker, model, move)
          task = made.now
          model = made.model
          events.push(...made.announced)
        }
      }
      expect(await eventsOf(task.id)).toEqual(events)
    }),
    { numRuns: 30 },
  )
})

test('the refusal to complete a blocked task names what it waits for, and only the owner of its goal may force it', async () => {
  const { task, blocker } = await taskIn([], { assignedTo: bob.id })
  expect((await send(task.id, { verb: 'complete' }, bob)).body).toMatchObject({
    code: 'task-blocked',
    blockers: [blocker],
  })
  for (const move of [
    { verb: 'complete', force: true },
    { status: 'COMPLETED', force: true },
  ] as const)
    expect((await send(task.id, move, bob)).body).toMatchObject({ status: 403, code: 'forbidden' })
  expect((await send(task.id, { verb: 'complete', force: true })).body).toMatchObject({ status: 'COMPLETED' })
})

const cases = Object.keys(situations).flatMap((name) => [
  { name, who: 'its owner' },
  { name, who: 'its assignee' },
])
test.for(cases)('what a task $name is said to allow $who works, and nothing else does', async ({ name, who }) => {
  const client = who === 'its owner' ? ada : bob
  for (const verb of verbs) {
    const { task, model, blocker } = await taskIn(situations[name] ?? [], { assignedTo: bob.id })
    const { capabilities } = (await client.get(`/v1/tasks/${task.id}?include=capabilities`)).body as {
      capabilities: Record<string, { to?: string }>
    }
    const answer = await send(task.id, { verb }, client)
    const unchanged = answer.status === 200 && answer.body.version === task.version
    const { to, ...said } = capabilities[verb] ?? {}
    if (unchanged) expect(capabilities, verb).not.toHaveProperty(verb)
    else if (answer.status === 200) expect({ to, ...said }, verb).toEqual({ allowed: true, to: answer.body.status })
    else if (answer.body.code === 'task-blocked')
      expect(said, verb).toEqual({ allowed: false, code: 'task-blocked', blockers: model.blockerOpen ? [blocker] : [] })
    else expect(capabilities[verb], verb).toEqual({ allowed: false, code: 'invalid-transition' })
    expect([200, 409]).toContain(answer.status)
  }
})

test('a deleted task allows nothing', async () => {
  const { task } = await taskIn([])
  await ada.delete(`/v1/tasks/${task.id}`)
  const deleted = await ada.get(`/v1/tasks/${task.id}?include=capabilities&includeDeleted=true`)
  for (const verb of verbs) {
    expect(deleted.body.capabilities).toHaveProperty(verb, { allowed: false, code: 'deleted' })
    expect(await send(task.id, { verb })).toMatchObject({ status: 409, body: { code: 'deleted' } })
  }
})

test('the contract says of each change of state what may follow', async () => {
  const { paths } = (await ada.get('/openapi.json')).body as unknown as {
    paths: Record<string, Record<string, { description: string; responses: Record<string, { description: string }> }>>
  }
  const routes = [...verbs.map((verb) => paths[`/v1/tasks/{taskId}/${verb}`]?.post), paths['/v1/tasks/{taskId}']?.patch]
  for (const route of routes)
    for (const from of statuses)
      expect(route?.responses[409]?.description).toContain(
        `After \`${from}\`: ${Object.keys(contract[from]).join(', ')}.`,
      )
  expect(paths['/v1/tasks/{taskId}/unblock']?.post?.description).toContain('`BLOCKED` → `TODO` or `IN_PROGRESS`')
})
