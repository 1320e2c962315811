import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { listNotifications } from '../../src/features/notifications/list.ts'
import { readUnreadCount } from '../../src/features/notifications/unread.ts'
import { insertNotification } from '../support/notifications.ts'
import { actorOf, collectPlans } from '../support/plans.ts'
import { test as base } from '../support/test.ts'

/** A user of a new, empty inbox. `add` puts a notification into it, and `list` returns the ids of a list. */
const test = base
  .extend('user', ({ api }) => api.as())
  .extend(
    'add',
    ({ api, user }) =>
      (fields: Parameters<typeof insertNotification>[2] = {}) =>
        insertNotification(api.pool, user.id, fields),
  )
  .extend('list', ({ user }) => async (query = '') => {
    const { status, body } = await user.get(`/v1/notifications?${query}`)
    expect(status).toBe(200)
    return body.data?.map((each) => each.id)
  })
  .extend(
    'act',
    ({ user }) =>
      (id: string, verb: string) =>
        user.post(`/v1/notifications/${id}/${verb}`),
  )

test('an inbox lists the notifications of its user, newest first, page by page', async ({ api, user, add, list }) => {
  const [old, middle, recent] = [
    await add({ minutesAgo: 3 }),
    await add({ minutesAgo: 2, kind: 'goal-completed' }),
    await add({ minutesAgo: 1 }),
  ]
  await insertNotification(api.pool, randomUUID())
  await add({ channel: 'email' })
  expect(await list()).toEqual([recent, middle, old])
  expect(await list('kind=goal-completed')).toEqual([middle])
  expect(await list('kind=goal-completed,task-assigned')).toEqual([recent, middle, old])
  const first = await user.get('/v1/notifications?limit=2')
  expect(first.body.data?.map((each) => each.id)).toEqual([recent, middle])
  const next = String(first.headers.link).match(/<(.+)>/)?.[1] ?? ''
  expect((await user.get(next)).body).toMatchObject({ data: [{ id: old }], page: { hasMore: false } })
})

test('a notification says what happened, and links to its goal or task', async ({ user, add }) => {
  const id = await add({ text: 'You were assigned the task “A "quoted" task”.' })
  const { body } = await user.get('/v1/notifications')
  expect(body.data?.[0]).toEqual({
    ...{ id, userId: user.id, kind: 'task-assigned', channel: 'in-app', subjectType: 'task', title: 'A task' },
    ...{ eventId: expect.any(String), subjectId: expect.any(String), actorId: expect.any(String) },
    ...{ createdAt: expect.any(String), readAt: null, archivedAt: null },
    text: 'You were assigned the task “A "quoted" task”.',
    link: `/v1/tasks/${body.data?.[0]?.subjectId}`,
  })
})

test('a notification is read once, and unread again on request', async ({ add, list, act }) => {
  const [one, two] = [await add({ minutesAgo: 2 }), await add({ minutesAgo: 1 })]
  const first = await act(one, 'read')
  expect(first).toMatchObject({ status: 200, body: { id: one, readAt: expect.any(String), archivedAt: null } })
  expect((await act(one, 'read')).body).toEqual(first.body)
  expect(await list('unread=true')).toEqual([two])
  expect(await list('unread=false')).toEqual([two, one])
  expect((await act(one, 'unread')).body).toMatchObject({ readAt: null })
  expect(await list('unread=true')).toEqual([two, one])
})

test('an archived notification is read and leaves the inbox until it is unarchived', async ({ add, list, act }) => {
  const id = await add()
  expect((await act(id, 'archive')).body).toMatchObject({ readAt: expect.any(String), archivedAt: expect.any(String) })
  expect([await list(), await list('archived=true')]).toEqual([[], [id]])
  expect((await act(id, 'unarchive')).body).toMatchObject({ readAt: expect.any(String), archivedAt: null })
  expect([await list(), await list('archived=true')]).toEqual([[id], []])
})

test('the unread count is exact up to 99, and 99+ beyond', async ({ user, add }) => {
  const count = async () => (await user.get('/v1/notifications/unread-count')).body
  expect(await count()).toEqual({ count: 0, hasMore: false, text: '0' })
  const ids = await Promise.all(Array.from({ length: 100 }, () => add()))
  expect(await count()).toEqual({ count: 99, hasMore: true, text: '99+' })
  await user.post(`/v1/notifications/${ids[0]}/read`)
  expect(await count()).toEqual({ count: 99, hasMore: false, text: '99' })
})

test('read-all marks the named notification and older ones, and leaves newer ones unread', async ({
  user,
  add,
  list,
}) => {
  const readAll = (body?: object) => user.post('/v1/notifications/read-all', body)
  const [, middle, recent] = [await add({ minutesAgo: 3 }), await add({ minutesAgo: 2 }), await add({ minutesAgo: 1 })]
  expect(await readAll({ upTo: middle })).toMatchObject({ status: 200, body: { count: 2, hasMore: false } })
  expect(await list('unread=true')).toEqual([recent])
  expect((await readAll()).body).toEqual({ count: 1, hasMore: false })
  expect((await readAll()).body).toEqual({ count: 0, hasMore: false })
})

test('read-all gets 404 and marks nothing when it names a notification of another user', async ({
  api,
  user,
  add,
  list,
}) => {
  const own = await add()
  for (const upTo of [await insertNotification(api.pool, randomUUID()), randomUUID()])
    expect((await user.post('/v1/notifications/read-all', { upTo })).status).toBe(404)
  expect(await list('unread=true')).toEqual([own])
})

test('read-all marks up to a thousand notifications per request, and says that more are unread', async ({
  api,
  user,
}) => {
  await api.pool.query(
    `insert into notifications (user_id, kind, channel, event_id, subject_type, subject_id, title, actor_id)
     select $1, 'task-assigned', 'in-app', uuidv7(), 'task', uuidv7(), 'A task', uuidv7()
     from generate_series(1, 1001)`,
    [user.id],
  )
  const readAll = async () => (await user.post('/v1/notifications/read-all')).body
  expect(await readAll()).toEqual({ count: 1_000, hasMore: true })
  expect(await readAll()).toEqual({ count: 1, hasMore: false })
})

test('a repeated request with an Idempotency-Key gets the same response', async ({ user, add }) => {
  await add()
  const readAll = () => user.post('/v1/notifications/read-all', {}, { 'idempotency-key': 'one' })
  const [first, second] = [await readAll(), await readAll()]
  expect([first.body, second.body]).toEqual([
    { count: 1, hasMore: false },
    { count: 1, hasMore: false },
  ])
  expect(second.headers['idempotency-replayed']).toBe('true')
})

test('a page and the unread count are read along an index and never sorted', async ({ api, user }) => {
  const { pool } = api
  await pool.query(
    `insert into notifications
       (user_id, kind, channel, event_id, subject_type, subject_id, title, actor_id, created_at, read_at, archived_at)
     select case when i % 3 = 0 then uuidv7() else $1 end, 'task-assigned', 'in-app', uuidv7(), 'task', uuidv7(),
            'A task', uuidv7(), now() - i * interval '1 minute', case when i % 20 > 0 then now() end,
            case when i % 5 = 1 then now() end
     from generate_series(1, 5000) i`,
    [user.id],
  )
  await pool.query('analyze notifications')
  const { deps, plans } = collectPlans(api)
  const actor = actorOf(user.id)
  await listNotifications(deps, actor, {})
  await listNotifications(deps, actor, { archived: true })
  await listNotifications(deps, actor, { unread: true })
  await readUnreadCount(deps, actor)
  for (const plan of plans) {
    expect(plan).toMatch(/Index (Only )?Scan (Backward )?using notifications_(newest|archived|unread)/)
    expect(plan).not.toMatch(/Sort\b(?! Key)|Seq Scan/)
  }
  expect(plans).toHaveLength(4)
})
