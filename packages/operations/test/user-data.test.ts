import { until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished } from 'vitest'
import { runIntegrity } from '../src/integrity/run-integrity.ts'
import { countUser } from '../src/users/count-user.ts'
import { eraseUser } from '../src/users/erase-user.ts'
import { exportUser } from '../src/users/export-user.ts'
import { operationsTest } from './support/operations.ts'
import { createUsers, rowsWith, secretText, writeAuditRows } from './support/three-users.ts'
import { columnsIn, columnsWith, textColumns } from './support/user-columns.ts'

const test = operationsTest
  .extend('pool', { scope: 'file' }, ({ operations }) => operations.pool)
  .extend(
    'erase',
    { scope: 'file' },
    ({ pool }) =>
      (user: string, signal?: AbortSignal) =>
        eraseUser({ pool, publish: () => undefined }, user, { ...(signal && { signal }) }),
  )
  .extend('users', async ({ pool }) => createUsers(pool))

// A new column belongs in test/support/user-columns.ts. When it may hold the id or a text of a user, it also belongs
// into an export and an erasure: packages/db/src/users.
test('every column that can hold an id or a text is classified', async ({ pool }) => {
  expect([...columnsIn('personal'), ...columnsIn('plain')].sort()).toEqual(await textColumns(pool))
})

test('an erasure leaves neither the id nor a text of the user in any column', async ({ pool, users, erase }) => {
  const { ada } = users
  expect(await columnsWith(pool, [ada, secretText])).toEqual(columnsIn('personal'))
  const found = await countUser(pool, ada)
  expect(found).toMatchObject({ goals: 1, tasks: 2, 'tasks of others': 2, api_keys: 1, notifications: 2 })
  expect(await erase(ada)).toMatchObject({ left: 0, stopped: false, erased: { goals: 1, tasks: 2, api_keys: 1 } })
  expect(await columnsWith(pool, [ada, secretText])).toEqual([])
  // The audit rows of the last events were pending.
  await writeAuditRows(pool)
  expect(await columnsWith(pool, [ada, secretText])).toEqual([])
  expect(await erase(ada)).toEqual({ erased: {}, left: 0, stopped: false })
})

test('an erasure changes no row of a user who has nothing in common with the erased one', async ({
  pool,
  users,
  erase,
}) => {
  const before = await rowsWith(pool, users.eve)
  expect(before.length).toBeGreaterThan(8)
  await erase(users.ada)
  expect(await rowsWith(pool, users.eve)).toEqual(before)
})

test('the tasks of others stay, without the erased user and without a dependency on a task of theirs', async ({
  pool,
  users,
  erase,
}) => {
  const { ada, ids } = users
  await erase(ada)
  const { rows } = await pool.query(
    `select title, assigned_to, status, dependencies, version from tasks where id = any($1) order by title`,
    [Object.values(ids)],
  )
  const unassigned = { assigned_to: null, status: 'TODO', dependencies: [], version: 2 }
  expect(rows).toEqual([
    { title: 'by ada', ...unassigned },
    { title: 'for ada', ...unassigned },
    // The task was unblocked, and lost its dependency.
    { title: 'waits', ...unassigned, version: 3 },
  ])
  const { counts } = await runIntegrity({ pool, cache: null })
  expect(Object.values(counts).every((count) => count === 0)).toBe(true)
})

test('an erasure that was stopped is continued by the next one', async ({ pool, users, erase }) => {
  const stop = new AbortController()
  stop.abort()
  expect(await erase(users.ada, stop.signal)).toMatchObject({ stopped: true })
  expect(await columnsWith(pool, [users.ada])).not.toEqual([])
  expect(await erase(users.ada)).toMatchObject({ left: 0, stopped: false })
  expect(await columnsWith(pool, [users.ada])).toEqual([])
})

test('an effect that was computed before the erasure and is written meanwhile is erased too', async ({
  pool,
  users,
  erase,
}) => {
  const { ada, ben, goalId } = users
  const late = await pool.connect()
  onTestFinished(() => late.release())
  await late.query('begin')
  await late.query(
    `insert into notifications (user_id, kind, channel, event_id, subject_type, subject_id, title, text, actor_id)
     values ($1, 'goal-completed', 'in-app', uuidv7(), 'goal', $2, $3, $3, $1)`,
    [ben, goalId, secretText],
  )
  const erasing = erase(ada)
  await until(async () => !(await columnsWith(pool, [ada])).includes('events.after'))
  await late.query('commit')
  expect(await erasing).toMatchObject({ left: 0 })
  expect(await columnsWith(pool, [ada, secretText])).toEqual([])
})

test('an export has the rows of the user and no secret, and no text that the user could not read', async ({
  pool,
  users,
}) => {
  const types = new Map<string, string[]>()
  for await (const lines of exportUser(pool, users.ada))
    for (const { type, data } of lines) types.set(type, [...(types.get(type) ?? []), data])
  const counts = Object.fromEntries([...types].map(([type, lines]) => [type, lines.length]))
  expect(counts).toEqual({
    ...{ goal: 1, task: 2, 'task-of-another': 2, 'goal-version': 2, 'task-version': 5, notification: 1 },
    ...{
      'notification-preference': 1,
      'mail-schedule': 1,
      'mail-digest': 1,
      contact: 1,
      'contact-confirmation': 1,
      'api-key': 1,
      webhook: 1,
      'webhook-change': 1,
      'webhook-attempt': 1,
      'sync-run': 1,
      'sync-run-failure': 1,
      'idempotency-key': 1,
      event: 7,
    },
  })
  const all = [...types.values()].flat().map((data) => JSON.parse(data))
  expect(all.filter((data) => data.title === "ben's goal" || data.after?.title === "ben's goal")).toEqual([])
  expect(JSON.stringify(all)).not.toMatch(/secretHash|previousSecret"|"secret"/)
})
