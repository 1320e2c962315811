import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createDatabase } from '@goals-tasks/db'
import { digestTables, expectInvariants } from '@goals-tasks/db/testing'
import { freshDatabase, freshRedis, startProcess } from '@goals-tasks/devstack/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, createClient } from '../../src/demo/client.ts'
import { parseLine } from '../../src/demo/line.ts'
import { loadGoals } from '../../src/demo/load.ts'
import { planRoadmap } from '../../src/demo/plan.ts'
import { readFigures } from '../../src/demo/report.ts'
import { countWrites } from '../../src/demo/steps.ts'
import { signToken } from '../../src/token/sign-token.ts'

const jwtSecret = 'a-secret-for-tests-of-32-characters'
const secret = { key: new TextEncoder().encode(jwtSecret), issuer: undefined, audience: undefined, scopeClaim: 'scope' }

const { url: databaseUrl } = await freshDatabase()
const { pool, close } = createDatabase({ url: databaseUrl, poolSize: 4, name: 'test', onError: () => undefined })
afterAll(close)

let apiUrl: string
beforeAll(async () => {
  const redis = freshRedis()
  const process = startProcess('apps/api/src/main.ts', {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    QUEUE_PREFIX: redis.prefix,
    CACHE_PREFIX: redis.prefix,
    AUTH_JWT_SECRET: jwtSecret,
    HOST: '127.0.0.1',
    PORT: '0',
  })
  const { port } = await process.waitForLog(({ msg }) => msg === 'ready')
  apiUrl = `http://127.0.0.1:${port}`
})
const ada = { sub: '00000000-0000-4000-8000-000000000001', scope: 'goals:write tasks:write' }
const admin = { sub: randomUUID(), scope: 'goals:write tasks:write admin' }

/** Sends a request without a body. @returns the status of the answer */
async function send(actor: typeof ada, method: 'POST' | 'DELETE', path: string): Promise<number> {
  const token = await signToken(secret, { ...actor, expiresIn: '1 hour' })
  const response = await fetch(new URL(path, apiUrl), { method, headers: { authorization: `Bearer ${token}` } })
  return response.status
}

const connect = (onWrite: () => void = () => undefined): Client => createClient({ apiUrl, secret, onWrite })
const load = (name: string, call = connect()) => loadGoals(call, sampleOf(name), 8)

/** The sample under other refs, so that each test has goals of its own. */
function sampleOf(name: string) {
  const lines = readFileSync(new URL('../../src/demo/sample.jsonl', import.meta.url), 'utf8').split('\n')
  const renamed = lines
    .flatMap((text, i) => parseLine(text, i + 1))
    .map((line) => ({
      ...line,
      ref: `${name}/${line.ref}`,
      tasks: line.tasks.map((task) => ({
        ...task,
        ref: `${name}/${task.ref}`,
        depends_on: task.depends_on?.map((ref) => `${name}/${ref}`) ?? [],
      })),
    }))
  return planRoadmap(renamed).goals
}

/** Everything that a load leaves behind, ids aside. */
async function resultOf(name: string) {
  const { rows } = await pool.query(
    `with entity as (
       select id, metadata, version, status::text, null as block from goals
       union all select id, metadata, version, status::text, block_kind || ' from ' || blocked_from from tasks
     ), named as (select *, substr(metadata->>'externalId', length($1) + 2) as ref from entity where metadata->>'externalId' like $1 || '/%')
     select ref, status, block, version, metadata - 'externalId' as rest,
            array(select other.ref from task_dependencies d join named other on other.id = d.depends_on_id
                  where d.task_id = named.id order by 1) as waits_for,
            (select count(*)::int from events where aggregate_id = named.id) as events
     from named order by ref`,
    [name],
  )
  return rows
}

/** What a week does: the service no longer knows which requests it has answered. */
const aWeekPasses = () => pool.query('delete from idempotency_keys')

test('every state of the sample is reached by requests that the API allows, and nothing of the loading is left on it', async () => {
  let writes = 0
  const goals = sampleOf('whole')
  const call = connect(() => {
    writes += 1
  })
  const { tasks, edges } = await loadGoals(call, goals, 8)
  expect(writes).toBe(countWrites(goals))
  const result = await resultOf('whole')
  expect(result).toHaveLength(goals.length + tasks.length)
  expect(result.flatMap((row) => row.waits_for)).toHaveLength(edges.length)
  const of = (ref: string) => result.find((row) => row.ref === ref)
  expect(of('watch')).toMatchObject({ status: 'CANCELLED', rest: { createdOn: '2026-08-17' } })
  expect(of('watch-faces')).toMatchObject({ status: 'TODO', rest: {} })
  expect(of('launch-press')).toMatchObject({ status: 'BLOCKED', block: 'DEPENDENCY from IN_PROGRESS' })
  expect(of('beta-battery')).toMatchObject({ status: 'BLOCKED', block: 'MANUAL from TODO' })
  expect(of('launch-newsletter')).toMatchObject({ status: 'COMPLETED' })
  await expectInvariants(pool)
})

test('a second run changes nothing, a week later neither, whatever people have made of it since', async () => {
  const { goalIds, tasks } = await load('twice')
  await aWeekPasses()
  await send(ada, 'DELETE', `/v1/goals/${goalIds[0]}`)
  await send(ada, 'POST', `/v1/goals/${goalIds[1]}/reopen`)
  await send(admin, 'DELETE', `/v1/tasks/${tasks.at(-1)?.id}`)
  const before = await digestTables(pool)
  let writes = 0
  const again = await load(
    'twice',
    connect(() => {
      writes += 1
    }),
  )
  expect(again).toMatchObject({ goalsLeftAsTheyAre: 9, tasks: [], edges: [] })
  expect(writes).toBe(0)
  expect(await digestTables(pool)).toEqual(before)
})

test('two runs at once make what one makes', async () => {
  await load('alone')
  await Promise.all([load('both'), load('both'), load('both')])
  expect(await resultOf('both')).toEqual(await resultOf('alone'))
})

test('a run that looked before another one began, and comes after it, changes nothing', async () => {
  await load('late')
  const before = await digestTables(pool)
  const nothing = { data: [], page: { nextCursor: null } }
  const call = connect()
  const late: Client = async <T>(...[userId, method, path, content]: Parameters<Client>): Promise<T> =>
    method === 'GET' ? (nothing as T) : call<T>(userId, method, path, content)
  await load('late', late)
  expect(await digestTables(pool)).toEqual(before)
})

async function loadUntil(last: number, name: string): Promise<void> {
  let writes = 0
  const call = connect()
  const cut: Client = async (userId, method, path, content) => {
    if (method !== 'GET' && ++writes > last) throw new Error('cut short')
    return call(userId, method, path, content)
  }
  await expect(loadGoals(cut, sampleOf(name), 1)).rejects.toThrow('cut short')
  await aWeekPasses()
}

test.each([1, 12, 35, 57, 75, 95])(
  'a run that is cut short at its write %i is carried on a week later',
  async (last) => {
    const name = `cut-${last}`
    await loadUntil(last, name)
    await load(name)
    await load(`${name}-not`)
    expect(await resultOf(name)).toEqual(await resultOf(`${name}-not`))
  },
)

test('a goal that its owner has closed or deleted while it was half loaded is left to them', async () => {
  await loadUntil(30, 'left')
  const idOf = async (ref: string) =>
    (await pool.query(`select id from goals where metadata->>'externalId' = $1`, [`left/${ref}`])).rows[0].id
  expect(await send(ada, 'DELETE', `/v1/goals/${await idOf('research')}`)).toBe(204)
  expect(await send(ada, 'POST', `/v1/goals/${await idOf('pricing')}/cancel`)).toBe(200)
  expect(await load('left')).toMatchObject({ goalsLeftAsTheyAre: 2 })
  const pricing = (await resultOf('left')).find((row) => row.ref === 'pricing')
  expect(pricing).toMatchObject({ status: 'CANCELLED', version: 2 })
})

test('whatever is lost shows as a fault', async () => {
  const loaded = await load('lossy')
  const { goals, tasks } = (await readFigures(pool, loaded)).there
  await pool.query('delete from task_dependencies where task_id = $1', [loaded.edges[0]?.taskId])
  await pool.query(`update tasks set status = 'IN_PROGRESS', completed_at = null where id = $1`, [loaded.tasks[0]?.id])
  await pool.query(
    `insert into dead_letters (consumer, event_id, event, attempts, replays, error)
                        select 'sync', id, '{}', 1, 0, 'broke' from events where aggregate_id = $1 limit 1`,
    [loaded.goalIds[0]],
  )
  const { faults } = await readFigures(pool, { ...loaded, goalIds: [...loaded.goalIds, randomUUID()] })
  // Nobody works here, so nothing has taken effect.
  expect(faults).toEqual({
    ...{ missing: 2, otherStates: 1, deadLetters: 1, unfaithfulAudits: goals + tasks },
    deliveriesLeft: expect.toSatisfy((left: number) => left > goals + tasks),
  })
})

test('a refusal is told with its code and the trace in the log', async () => {
  const send = connect()(randomUUID(), 'POST', '/v1/goals', { body: { title: '' } })
  await expect(send).rejects.toThrow(/POST \/v1\/goals was answered \d+: .*\(.*, trace .*\)/)
})
