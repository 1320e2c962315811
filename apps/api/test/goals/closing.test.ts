import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, startTestApp } from '../support/test-app.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let ada: Client
beforeAll(async () => {
  api = await startTestApp()
  ada = await api.as()
})
afterAll(() => api.close())

type Entity = Record<string, unknown> & { id: string }
type Body = { openTasks?: string; force?: boolean }
const any = { 'if-match': '*' }

const read = async (id: string) => (await ada.get(`/v1/tasks/${id}?includeDeleted=true`)).body as Entity
const move = (id: string, verb: string, body?: Body) => ada.post(`/v1/goals/${id}/${verb}`, body)
const moveTask = async (id: string, ...verbs: string[]) => {
  for (const verb of verbs) expect((await ada.post(`/v1/tasks/${id}/${verb}`)).status, verb).toBe(200)
  return read(id)
}
const stateOf = ({ status, blockKind, blockedFrom, completedAt }: Record<string, unknown>) => ({
  status,
  blockKind,
  blockedFrom,
  completed: completedAt !== null,
})
const todo = { status: 'TODO', blockKind: null, blockedFrom: null, completed: false }
const started = { ...todo, status: 'IN_PROGRESS' }
const cancelled = { ...todo, status: 'CANCELLED' }
const completed = { ...todo, status: 'COMPLETED', completed: true }
const waiting = (blockedFrom: string) => ({ ...todo, status: 'BLOCKED', blockKind: 'DEPENDENCY', blockedFrom })
const byHand = (blockedFrom: string) => ({ ...todo, status: 'BLOCKED', blockKind: 'MANUAL', blockedFrom })

const eventsSince = async (position: string) =>
  (
    await api.pool.query(
      `select aggregate_id as id, type, aggregate_version as version, reason, cascade_id as cascade from events where position > $1 order by position`,
      [position],
    )
  ).rows
const position = async () => (await api.pool.query('select coalesce(max(position), 0) as now from events')).rows[0].now

/** A goal with a task in every state that closing and opening again must tell apart. */
async function fullGoal(id: string) {
  const first = await ada.task(id)
  const tasks = {
    todo: first.id,
    started: (await ada.task(id)).id,
    waiting: (await ada.task(id, { dependencies: [first.id] })).id,
    blocked: (await ada.task(id)).id,
    completed: (await ada.task(id)).id,
    cancelled: (await ada.task(id)).id,
    deleted: (await ada.task(id)).id,
  }
  await moveTask(tasks.started, 'start')
  await moveTask(tasks.blocked, 'start', 'block')
  await moveTask(tasks.completed, 'complete')
  await moveTask(tasks.cancelled, 'cancel')
  await ada.delete(`/v1/tasks/${tasks.deleted}`)
  return tasks
}
const open = ['todo', 'started', 'waiting', 'blocked'] as const

async function statesOf(tasks: Record<string, string>) {
  const entries = await Promise.all(Object.entries(tasks).map(async ([name, id]) => [name, stateOf(await read(id))]))
  return Object.fromEntries(entries) as Record<string, ReturnType<typeof stateOf>>
}
const before = {
  todo,
  started,
  waiting: waiting('TODO'),
  blocked: byHand('IN_PROGRESS'),
  completed,
  cancelled,
  deleted: todo,
}

const ways = ['route', 'patch'] as const
const closings = (['complete', 'cancel'] as const).flatMap((verb) =>
  ([undefined, 'keep', 'cancel', 'complete'] as const).flatMap((openTasks) =>
    ways.map((way) => ({ verb, openTasks, way })),
  ),
)

test.for(closings)(
  '$verb by $way with openTasks $openTasks takes along what it should, under one cascade, and reopening brings exactly that back',
  async ({ verb, openTasks, way }) => {
    const goal = await ada.goal()
    const tasks = await fullGoal(goal.id)
    expect(await statesOf(tasks)).toEqual(before)
    const body = { ...(openTasks ? { openTasks } : {}), ...(openTasks === 'complete' ? { force: true } : {}) }
    const status = verb === 'complete' ? 'COMPLETED' : 'CANCELLED'

    const beforeClosing = await position()
    const answer =
      way === 'route'
        ? await move(goal.id, verb, body)
        : await ada.patch(`/v1/goals/${goal.id}`, { status, ...body }, { 'if-match': '"1"' })
    expect(answer).toMatchObject({ status: 200, body: { status, version: 2 } })

    const effective = openTasks ?? (verb === 'complete' ? 'keep' : 'cancel')
    const end = { keep: undefined, cancel: cancelled, complete: completed }[effective]
    const after = end ? { ...before, todo: end, started: end, waiting: end, blocked: end } : before
    expect(await statesOf(tasks)).toEqual(after)

    const closing = await eventsSince(beforeClosing)
    const milestone = verb === 'complete' ? ['goal:completed'] : []
    expect(closing.filter((event) => event.id === goal.id).map((event) => event.type)).toEqual([
      'goal:updated',
      ...milestone,
    ])
    const perTask = effective === 'complete' ? ['task:updated', 'task:completed'] : ['task:updated']
    for (const name of open) {
      const own = closing.filter((event) => event.id === tasks[name])
      expect(
        own.map((event) => event.type),
        name,
      ).toEqual(end ? perTask : [])
      const reason = name === 'blocked' && effective === 'complete' ? 'forced' : `goal-${status.toLowerCase()}`
      expect(new Set(own.map((event) => event.reason)), name).toEqual(new Set(end ? [reason] : []))
    }
    expect(closing).toHaveLength(1 + milestone.length + (end ? open.length * perTask.length : 0))
    const cascade = closing[0]?.cascade
    expect(cascade === null).toBe(effective === 'keep')
    expect(closing.every((event) => event.cascade === cascade)).toBe(true)

    const beforeReopening = await position()
    expect((await move(goal.id, 'reopen')).body).toMatchObject({ status: 'ACTIVE', completedAt: null, version: 3 })
    expect(await statesOf(tasks)).toEqual(before)
    const reopening = await eventsSince(beforeReopening)
    expect(reopening.map((event) => event.id).toSorted()).toEqual(
      [goal.id, ...(end ? open.map((name) => tasks[name]) : [])].toSorted(),
    )
    expect(new Set(reopening.map((event) => event.cascade)).size).toBe(1)
    expect(reopening.slice(1).every((event) => event.type === 'task:updated' && event.reason === 'goal-reopened')).toBe(
      true,
    )
  },
)

test('a goal on hold closes with its tasks as an active one does', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id)
  await move(goal.id, 'hold')
  expect((await move(goal.id, 'cancel')).status).toBe(200)
  expect(stateOf(await read(task.id))).toEqual(cancelled)
  expect((await move(goal.id, 'reopen')).body.status).toBe('ACTIVE')
  expect(stateOf(await read(task.id))).toEqual(todo)
})

test('reopening leaves alone what was decided about a task since the goal was closed', async () => {
  const goal = await ada.goal()
  const elsewhere = await ada.goal()
  const names = ['untouched', 'retitled', 'reopened', 'closed anew', 'moved', 'deleted', 'deleted and restored']
  const ids: Record<string, string> = {}
  for (const name of names) ids[name] = (await ada.task(goal.id)).id
  const of = (name: string) => ids[name] ?? ''
  await move(goal.id, 'cancel')

  await ada.patch(`/v1/tasks/${of('retitled')}`, { title: 'Another title' }, any)
  await moveTask(of('reopened'), 'reopen', 'start')
  await moveTask(of('closed anew'), 'reopen', 'cancel')
  expect((await ada.patch(`/v1/tasks/${of('moved')}`, { goalId: elsewhere.id }, any)).status).toBe(200)
  await ada.delete(`/v1/tasks/${of('deleted')}`)
  await ada.delete(`/v1/tasks/${of('deleted and restored')}`)
  await ada.post(`/v1/tasks/${of('deleted and restored')}/restore`)

  await move(goal.id, 'reopen')
  expect(await statesOf(ids)).toEqual({
    untouched: todo,
    retitled: todo,
    reopened: started,
    'closed anew': cancelled,
    moved: cancelled,
    deleted: cancelled,
    'deleted and restored': todo,
  })
  // What came back later stays what it was when its goal was reopened.
  await ada.post(`/v1/tasks/${of('deleted')}/restore`)
  await move(goal.id, 'cancel', { openTasks: 'keep' })
  await move(goal.id, 'reopen')
  expect(stateOf(await read(of('deleted')))).toEqual(cancelled)
})

test('each reopening undoes its own closing and no older one', async () => {
  const goal = await ada.goal()
  const [one, two] = [await ada.task(goal.id), await ada.task(goal.id)]
  await move(goal.id, 'cancel')
  await move(goal.id, 'reopen')
  await moveTask(one.id, 'cancel')
  await move(goal.id, 'complete', { openTasks: 'complete' })
  expect(stateOf(await read(two.id))).toEqual(completed)
  await move(goal.id, 'reopen')
  expect([stateOf(await read(one.id)), stateOf(await read(two.id))]).toEqual([cancelled, todo])
  expect((await read(two.id)).version).toBe(5)
})

test('a closed goal that was deleted and restored still knows which tasks to reopen', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id)
  await moveTask(task.id, 'start')
  await move(goal.id, 'cancel')
  await ada.delete(`/v1/goals/${goal.id}`)
  await move(goal.id, 'restore')
  await move(goal.id, 'reopen')
  expect(stateOf(await read(task.id))).toEqual(started)
})

test('a task that is reopened with its goal is blocked as what it waits for is by then', async () => {
  const [goal, other] = [await ada.goal(), await ada.goal()]
  const [done, undone] = [await ada.task(other.id), await ada.task(other.id)]
  const freed = await ada.task(goal.id, { dependencies: [done.id] })
  const held = await ada.task(goal.id, { dependencies: [undone.id] })
  const byHandAllAlong = await ada.task(goal.id, { dependencies: [undone.id] })
  await moveTask(undone.id, 'complete')
  await moveTask(held.id, 'start')
  await moveTask(byHandAllAlong.id, 'start', 'block')
  await move(goal.id, 'cancel')

  await moveTask(done.id, 'complete')
  await moveTask(undone.id, 'reopen')
  await move(goal.id, 'reopen')
  expect(stateOf(await read(freed.id))).toEqual(todo)
  expect(stateOf(await read(held.id))).toEqual(waiting('IN_PROGRESS'))
  expect(stateOf(await read(byHandAllAlong.id))).toEqual(byHand('IN_PROGRESS'))
})

test('who waits in another goal for a task that closes along goes on, and waits again once that reopens', async () => {
  const [goal, other] = [await ada.goal(), await ada.goal()]
  const blocker = await ada.task(goal.id)
  const outside = await ada.task(other.id)
  const waits = await ada.task(other.id)
  await moveTask(waits.id, 'start')
  await ada.put(`/v1/tasks/${waits.id}/dependencies/${blocker.id}`)
  const waitsForTwo = await ada.task(other.id, { dependencies: [blocker.id, outside.id] })
  expect(stateOf(await read(waits.id))).toEqual(waiting('IN_PROGRESS'))

  const start = await position()
  await move(goal.id, 'complete', { openTasks: 'keep' })
  await move(goal.id, 'reopen')
  expect((await eventsSince(start)).filter((event) => event.id !== goal.id)).toEqual([])

  const beforeClosing = await position()
  await move(goal.id, 'complete', { openTasks: 'complete' })
  expect(stateOf(await read(waits.id))).toEqual(started)
  expect(stateOf(await read(waitsForTwo.id))).toEqual(waiting('TODO'))
  const closing = await eventsSince(beforeClosing)
  expect(closing.filter((event) => event.id === waits.id)).toMatchObject([
    { type: 'task:updated', reason: 'unblocked' },
  ])
  expect(new Set(closing.map((event) => event.cascade)).size).toBe(1)

  const beforeReopening = await position()
  await move(goal.id, 'reopen')
  expect(stateOf(await read(waits.id))).toEqual(waiting('IN_PROGRESS'))
  const reopening = await eventsSince(beforeReopening)
  expect(reopening.filter((event) => event.id === waits.id)).toMatchObject([
    { type: 'task:updated', reason: 'blocked' },
  ])
  expect(new Set(reopening.map((event) => event.cascade)).size).toBe(1)
})

test('tasks that may not be completed keep their goal open, unless forced', async () => {
  const [goal, other] = [await ada.goal(), await ada.goal()]
  const outside = await ada.task(other.id)
  const free = await ada.task(goal.id)
  const waitsInside = await ada.task(goal.id, { dependencies: [free.id] })
  const waitsOutside = await ada.task(goal.id, { dependencies: [free.id, outside.id] })
  const blocked = await ada.task(goal.id)
  await moveTask(blocked.id, 'block')
  const start = await position()
  const refused = [
    await move(goal.id, 'complete', { openTasks: 'complete' }),
    await move(goal.id, 'cancel', { openTasks: 'complete' }),
    await ada.patch(`/v1/goals/${goal.id}`, { status: 'COMPLETED', openTasks: 'complete' }, any),
  ]
  for (const { status, body } of refused)
    expect({ status, code: body.code, tasks: body.tasks }).toEqual({
      status: 409,
      code: 'task-blocked',
      tasks: [waitsOutside.id, blocked.id].toSorted(),
    })
  expect(await eventsSince(start)).toEqual([])
  expect((await ada.get(`/v1/goals/${goal.id}`)).body).toMatchObject({ status: 'ACTIVE', version: 1 })

  expect((await move(goal.id, 'complete', { openTasks: 'complete', force: true })).status).toBe(200)
  for (const { id } of [free, waitsInside, waitsOutside, blocked]) expect(stateOf(await read(id))).toEqual(completed)
  expect(stateOf(await read(outside.id))).toEqual(todo)
})

test('tasks of a goal that wait only for each other are completed along with it', async () => {
  const goal = await ada.goal()
  const first = await ada.task(goal.id)
  const second = await ada.task(goal.id, { dependencies: [first.id] })
  expect((await move(goal.id, 'complete', { openTasks: 'complete' })).status).toBe(200)
  expect(stateOf(await read(second.id))).toEqual(completed)
  await move(goal.id, 'reopen')
  expect(stateOf(await read(second.id))).toEqual(waiting('TODO'))
})

test('a goal that is closed already is closed once, whatever is to become of its tasks', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id)
  await move(goal.id, 'complete')
  expect(await move(goal.id, 'complete', { openTasks: 'cancel' })).toMatchObject({ status: 200, body: { version: 2 } })
  expect(stateOf(await read(task.id))).toEqual(todo)
})

test('a stale If-Match closes neither the goal nor its tasks', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id)
  await ada.patch(`/v1/goals/${goal.id}`, { title: 'x' }, any)
  expect((await ada.post(`/v1/goals/${goal.id}/cancel`, {}, { 'if-match': '"1"' })).status).toBe(412)
  expect(stateOf(await read(task.id))).toEqual(todo)
})

const openIn = async (goalId: string) =>
  (
    await api.pool.query(
      `select id, status from tasks where goal_id = $1 and deleted_at is null and status not in ('COMPLETED', 'CANCELLED')`,
      [goalId],
    )
  ).rows

test('no task that enters a goal while that is being cancelled is open in it afterwards', async () => {
  const source = await ada.goal()
  const blocker = await ada.task(source.id)
  const entered = { before: 0, tooLate: 0 }
  for (let round = 0; round < 80; round++) {
    const goal = await ada.goal()
    const mover = await ada.task(source.id)
    const entries = [
      () => ada.post(`/v1/goals/${goal.id}/tasks`, { title: 'plain' }),
      () => ada.post(`/v1/goals/${goal.id}/tasks`, { title: 'waiting', dependencies: [blocker.id] }),
      () => ada.patch(`/v1/tasks/${mover.id}`, { goalId: goal.id }, any),
    ]
    // The closing starts first, second, third or last in turn.
    const requests: (() => Promise<{ status: number; body: Record<string, unknown> }>)[] = [...entries]
    requests.splice(round % 4, 0, () => move(goal.id, 'cancel'))
    const answers = await Promise.all(requests.map((request) => request()))
    const [closing] = answers.splice(round % 4, 1)
    expect(closing).toMatchObject({ status: 200, body: { status: 'CANCELLED' } })
    expect(await openIn(goal.id)).toEqual([])
    for (const { status, body } of answers) {
      if (status === 409) expect(body.code).toBe('goal-closed')
      else expect([200, 201]).toContain(status)
      entered[status === 409 ? 'tooLate' : 'before']++
    }
  }
  expect(entered.before).toBeGreaterThan(0)
  expect(entered.tooLate).toBeGreaterThan(0)
}, 120_000)

test('of two that close a goal in different ways one wins, for the goal and for all of its tasks', async () => {
  for (let round = 0; round < 20; round++) {
    const goal = await ada.goal()
    const tasks = [await ada.task(goal.id), await ada.task(goal.id)]
    const answers = await Promise.all([move(goal.id, 'complete', { openTasks: 'complete' }), move(goal.id, 'cancel')])
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 409])
    const { status } = (await ada.get(`/v1/goals/${goal.id}`)).body
    for (const task of tasks) expect(await read(task.id)).toMatchObject({ status, version: 2 })
  }
})

test('goals whose tasks wait for each other close and reopen at once without anyone being refused', async () => {
  const goals = [await ada.goal(), await ada.goal()]
  const [one = '', two = ''] = goals.map((goal) => goal.id)
  const [a, b] = [await ada.task(one), await ada.task(two)]
  const c = await ada.task(one, { dependencies: [b.id] })
  const d = await ada.task(two, { dependencies: [a.id] })
  for (let round = 0; round < 20; round++) {
    const verb = round % 2 === 0 ? 'cancel' : 'reopen'
    const answers = await Promise.all(goals.map((goal) => move(goal.id, verb)))
    expect(answers.map((answer) => answer.status)).toEqual([200, 200])
    const states = await statesOf({ a: a.id, b: b.id, c: c.id, d: d.id })
    expect(states).toEqual(
      verb === 'cancel'
        ? { a: cancelled, b: cancelled, c: cancelled, d: cancelled }
        : { a: todo, b: todo, c: waiting('TODO'), d: waiting('TODO') },
    )
  }
})
