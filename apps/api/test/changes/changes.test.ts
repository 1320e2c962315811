import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { test } from '../support/test.ts'

type Change = { id: string; type: string; entityId: string; removed: boolean; version: number } & Record<
  string,
  unknown
>
type Page = { data: Change[]; page: { nextCursor: string; hasMore: boolean } }

/** Reads a page of the feed of a user. The check of the test client validates it against the document. */
async function read(client: Client, query: Record<string, string> = {}): Promise<Page> {
  const parameters = new URLSearchParams(query)
  const response = await client.get(`/v1/changes?${parameters}`)
  expect(response.status, response.text).toBe(200)
  return response.body as unknown as Page
}

const now = async (client: Client) => (await read(client)).page.nextCursor
const typesOf = ({ data }: Page) => data.map(({ type }) => type)

/** Decodes a cursor, changes its members, and encodes it again. */
const editCursor = (cursor: string, edit: (members: unknown[]) => void): string => {
  const members = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  edit(members)
  return Buffer.from(JSON.stringify(members)).toString('base64url')
}

test('the feed begins now without a cursor, and has every change after it once', async ({ api }) => {
  const ada = await api.as()
  await ada.createGoal()
  const begin = await read(ada)
  expect(begin).toMatchObject({ data: [], page: { hasMore: false } })
  const goal = await ada.createGoal({ title: 'Learn to sail' })
  const task = await ada.createTask(goal.id)
  await ada.actOnTask(task.id, 'complete')
  const page = await read(ada, { cursor: begin.page.nextCursor })
  expect(typesOf(page)).toEqual(['goal:created', 'task:created', 'task:updated', 'task:completed'])
  expect(page.data[0]).toMatchObject({ entityId: goal.id, version: 1, removed: false, actorId: ada.id, before: null })
  const end = await read(ada, { cursor: page.page.nextCursor })
  expect(end).toMatchObject({ data: [], page: { nextCursor: expect.any(String), hasMore: false } })
})

test('the pages from the beginning join without a gap when the limit is small', async ({ api }) => {
  const ada = await api.as()
  const ids = []
  for (let i = 0; i < 7; i++) ids.push((await ada.createGoal()).id)
  const found: string[] = []
  for (let cursor = 'beginning', hasMore = true; hasMore; ) {
    const { data, page } = await read(ada, { cursor, limit: '2' })
    expect(data.length).toBeLessThanOrEqual(2)
    found.push(...data.map(({ entityId }) => entityId))
    cursor = page.nextCursor
    hasMore = page.hasMore
  }
  expect(found).toEqual(ids)
  const { headers } = await ada.get('/v1/changes?cursor=beginning&limit=2')
  expect(headers.link).toMatch(/^<\/v1\/changes\?cursor=.*; rel="next"$/)
})

test('a former assignee gets a removal without a state, and a new one never the old state', async ({ api }) => {
  const [owner, former, next] = [await api.as(), await api.as(), await api.as()]
  const goal = await owner.createGoal()
  const task = await owner.createTask(goal.id, { title: 'old secret', assignedTo: former.id })
  const [formerAt, nextAt] = [await now(former), await now(next)]
  await owner.patchTask(task.id, { title: 'new secret', assignedTo: next.id })
  await owner.patchTask(task.id, { title: 'newest secret' })
  const removal = await read(former, { cursor: formerAt })
  expect(removal.data).toEqual([
    {
      ...{ id: expect.any(String), type: 'task:updated', entityType: 'task', entityId: task.id },
      ...{ version: 2, occurredAt: expect.any(String), removed: true },
      alsoRemoved: [{ entityType: 'goal', entityId: goal.id }],
    },
  ])
  const gained = await read(next, { cursor: nextAt })
  expect(typesOf(gained)).toEqual(['task:updated', 'task:assigned', 'task:updated'])
  expect(gained.data[0]).toMatchObject({ before: null, after: { title: 'new secret' } })
  expect(gained.data[2]).toMatchObject({ before: { title: 'new secret' }, after: { title: 'newest secret' } })
  expect(JSON.stringify(gained.data.slice(0, 2))).not.toContain('old secret')
  expect((await read(await api.as(), { cursor: 'beginning' })).data).toEqual([])
})

test('a removal names the goal and created tasks when their reader sees no other task there, as of the read', async ({
  api,
}) => {
  const [owner, id] = [await api.as(), randomUUID()]
  const [reader, admin] = [await api.as(id), await api.as(id, 'admin')]
  const goal = await owner.createGoal()
  const tasks = [await owner.createTask(goal.id), await owner.createTask(goal.id)]
  const created = [await admin.createTask(goal.id), await admin.createTask(goal.id)]
  const assign = (assignedTo: string | null) =>
    Promise.all(tasks.map((task) => owner.patchTask(task.id, { assignedTo })))
  await assign(id)
  const cursor = await now(reader)
  await assign(null)
  // The reader does not see this move.
  await owner.patchTask(created[1]?.id ?? '', { goalId: (await owner.createGoal()).id })
  const lost = async () => (await read(reader, { cursor })).data.slice(0, 2).map(({ alsoRemoved }) => alsoRemoved)
  const all = [
    { entityType: 'goal', entityId: goal.id },
    ...created.map((task) => ({ entityType: 'task', entityId: task.id })),
  ]
  expect(await lost()).toEqual([expect.arrayContaining(all), expect.arrayContaining(all)])
  await owner.patchTask(tasks[0]?.id ?? '', { assignedTo: id })
  expect(await lost()).toEqual([undefined, undefined])
  const goalsHidden = await read(await api.as(id, 'tasks:read'), { cursor })
  expect(JSON.stringify(goalsHidden)).not.toContain('"entityType":"goal"')
})

test('a page has only the events of the wanted types, and of the scopes of the token', async ({ api }) => {
  const id = randomUUID()
  const ada = await api.as(id)
  const goal = await ada.createGoal()
  await ada.createTask(goal.id)
  await ada.actOnGoal(goal.id, 'hold')
  const wanted = await read(ada, { cursor: 'beginning', types: 'goal:updated,task:created' })
  expect(typesOf(wanted)).toEqual(['task:created', 'goal:updated'])
  expect(typesOf(await read(await api.as(id, 'tasks:read'), { cursor: 'beginning' }))).toEqual(['task:created'])
  expect((await ada.get('/v1/changes?types=goal:exploded')).status).toBe(400)
})

test('a cursor is refused when it is malformed or belongs to another user', async ({ api }) => {
  const [ada, bob] = [await api.as(), await api.as()]
  const own = await now(ada)
  const cursors = [
    ...['', 'W10', 'nonsense', await now(bob)],
    editCursor(own, (members) => members.push('0:0:')),
    editCursor(own, (members) => members.splice(3, 1, '5:1:x')),
    editCursor(own, (members) => members.splice(3, 1, "1:1:'; select 1")),
    editCursor(own, (members) => members.splice(0, 1, 2)),
    // Postgres refuses these snapshots: xmin is above xmax, or the open transactions are outside or out of order.
    ...['5:1:', '5:9:3', '5:9:9', '5:9:7,6', '9223372036854775808:9223372036854775807:'].flatMap((snapshot) => [
      editCursor(own, (members) => members.splice(3, 1, snapshot)),
      editCursor(own, (members) => members.push(snapshot, 0, 0, '1', '1')),
    ]),
    // The position is above the largest bigint.
    editCursor(own, (members) => members.push('5:9:', 0, 0, '1', '9223372036854775808')),
  ]
  for (const cursor of cursors) {
    const refused = await ada.get(`/v1/changes?cursor=${cursor}`)
    expect([refused.status, refused.body.code], cursor).toEqual([400, 'cursor-mismatch'])
  }
})

test('a cursor that is too old, of another epoch or of a later time leads to the present state', async ({ api }) => {
  const ada = await api.as()
  const own = await now(ada)
  const goal = await ada.createGoal()
  for (const [place, value] of [
    [4, Date.now() - 31 * 24 * 3_600_000],
    [2, 7],
    [3, '4000000000:4000000000:'],
  ] as const) {
    const expired = await ada.get(`/v1/changes?cursor=${editCursor(own, (members) => members.splice(place, 1, value))}`)
    expect([expired.status, expired.body.code]).toEqual([410, 'cursor-expired'])
    const { cursor, lists } = expired.body.snapshot as { cursor: string; lists: string[] }
    expect(lists).toEqual(['/v1/goals?deleted=include', '/v1/tasks?deleted=include', '/v1/notifications'])
    for (const list of lists) expect((await ada.get(list)).status).toBe(200)
    expect((await ada.get(`${lists[0]}`)).text).toContain(goal.id)
    const { id } = await ada.createGoal()
    expect((await read(ada, { cursor })).data.map(({ entityId }) => entityId)).toEqual([id])
  }
})

test('the feed goes on when the database was restored into a cluster with lower transaction ids', async ({ api }) => {
  const ada = await api.as()
  const before = await now(ada)
  await ada.createGoal()
  await api.pool.query(`update event_readers set xid = '9000000000' where reader_id = $1`, [ada.id])
  await api.pool.query('select raise_epoch()')
  const expired = await ada.get(`/v1/changes?cursor=${before}`)
  expect(expired.body.code).toBe('cursor-expired')
  const { cursor } = expired.body.snapshot as { cursor: string }
  const goal = await ada.createGoal()
  expect((await read(ada, { cursor })).data.map(({ entityId }) => entityId)).toEqual([goal.id])
})

test('a recipient gets the event of a notification, and only with the scope of notifications', async ({ api }) => {
  const id = randomUUID()
  const [ada, withoutScope] = [await api.as(id), await api.as(id, 'tasks:read')]
  const after = {
    ...{ id: randomUUID(), userId: id, kind: 'task-assigned', channel: 'in-app', eventId: randomUUID() },
    ...{ subjectType: 'task', subjectId: randomUUID(), title: 'Book a course', text: 'You were assigned a task.' },
    ...{ actorId: randomUUID(), createdAt: '2027-01-04T09:30:00.000Z', readAt: null, archivedAt: null },
  }
  await api.pool.query(
    `with event as (
       insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
       values ('notification:sent', 'notification', $1, 1, 0, $2, $3) returning id, xid, position)
     insert into event_readers (reader_id, xid, position, event_id, visibility)
     select $4, xid, position, id, 'gained' from event`,
    [after.id, after.actorId, JSON.stringify(after), id],
  )
  const page = await read(ada, { cursor: 'beginning' })
  expect(page.data).toEqual([expect.objectContaining({ entityType: 'notification', entityId: after.id, after })])
  expect((await read(withoutScope, { cursor: 'beginning' })).data).toEqual([])
})
