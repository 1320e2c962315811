import { createDatabase } from '@goals-tasks/db'
import { cleanUp, freshDatabase, hasPgBouncer, startPgBouncer, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { followFeed } from '../support/processes/failover-load.ts'
import { callAs } from '../support/processes/marked-features.ts'
import { signToken } from '../support/processes/marked-requests.ts'
import { installProcesses } from '../support/processes/process-installation.ts'

const isInstalled = hasPgBouncer()

/** The sessions of the pooler. Each process may open 16 connections to it. */
const sessions = 8
const goals = 40
const scopes = 'goals:read goals:write tasks:read tasks:write'

/** Starts PgBouncer before a fresh database, and gives its role the settings that `doctor` names. */
async function installBehindPooler() {
  const { url } = await freshDatabase()
  const { pool: direct, close } = createDatabase({ url, poolSize: 1, name: 'test', onError: () => undefined })
  cleanUp(close)
  const pooler = await startPgBouncer(url)
  const processes = await installProcesses({ database: { url: pooler.through(url) } })
  const judge = async () =>
    ((await processes.runCommand('doctor')).document.findings as { check: string; state: string; fix: string }[]).find(
      ({ check }) => check === 'Postgres: pooler',
    )
  await expect(processes.startWorker()).rejects.toThrow(/alter role/)
  const statements = (await judge())?.fix.replace(/^run: /, '').split('; ') ?? []
  for (const statement of statements) await direct.query(statement)
  // The pooler keeps the sessions of before, without these settings.
  await pooler.restart()
  expect(await judge()).toMatchObject({ state: 'ok' })
  return { processes, direct }
}

/** Creates, changes, completes and deletes a goal with two tasks. Each change is in the response to the next read. */
async function liveOneGoal(apiUrl: string, token: string): Promise<void> {
  const call = callAs(apiUrl, token)
  const create = async (path: string) => {
    const created = await call('POST', path, { title: 'new' })
    expect(created).toMatchObject({ status: 201 })
    return created.body.id
  }
  const goal = `/goals/${await create('/goals')}`
  const [task, other] = [`/tasks/${await create(`${goal}/tasks`)}`, `/tasks/${await create(`${goal}/tasks`)}`]
  const read = async (path: string) => [(await call('GET', path)).body, (await call('GET', path)).body]
  for (const path of [goal, task]) {
    expect(await call('PATCH', path, { title: 'changed' })).toMatchObject({ status: 200 })
    expect(await read(path)).toMatchObject([{ title: 'changed' }, { title: 'changed' }])
  }
  expect(await call('DELETE', other)).toMatchObject({ status: 204 })
  for (const path of [task, goal]) {
    expect(await call('POST', `${path}/complete`)).toMatchObject({ status: 200 })
    expect(await read(path)).toMatchObject([{ status: 'COMPLETED' }, { status: 'COMPLETED' }])
  }
  expect(await call('DELETE', goal)).toMatchObject({ status: 204 })
  for (const path of [goal, task, other]) expect(await call('GET', path)).toMatchObject({ status: 410 })
}

test.skipIf(!isInstalled)('each effect happens once when the processes share the sessions of PgBouncer', async () => {
  const { processes, direct } = await installBehindPooler()
  const [api] = await Promise.all([processes.startApi(), processes.startWorker(), processes.startOps()])
  const tokens = await Promise.all(Array.from({ length: goals }, () => signToken(scopes)))
  const feed = await followFeed(api.url, tokens[0] ?? '')
  await Promise.all(tokens.map((token) => liveOneGoal(api.url, token)))

  await until(async () => expect(await processes.pending()).toEqual({}))
  // A goal and a completed task have four versions, and a deleted task has two.
  expect(await processes.count('goal_audit_log')).toBe(4 * goals)
  expect(await processes.count('task_audit_log')).toBe(6 * goals)
  expect(await processes.count('dead_letters')).toBe(0)
  await until(() => feed().includes('goal:deleted'))
  const { code, document } = await processes.runCommand('integrity')
  expect({ code, counts: Object.values(document.counts as object) }).toEqual({ code: 0, counts: Array(7).fill(0) })
  expect((await processes.runCommand('status')).code).toBe(0)
  const { rows } = await direct.query(
    `select count(*)::int from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`,
  )
  expect(rows[0].count).toBeLessThanOrEqual(sessions)
})
