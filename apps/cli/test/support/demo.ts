import { readFileSync } from 'node:fs'
import { createDatabase } from '@goals-tasks/db'
import { freshDatabase, freshRedis, startProcess } from '@goals-tasks/devstack/testing'
import { test as base } from 'vitest'
import { type Client, createClient } from '../../src/demo/client.ts'
import { parseLine } from '../../src/demo/line.ts'
import { type LoadResult, loadGoals } from '../../src/demo/load.ts'
import { planRoadmap } from '../../src/demo/plan.ts'
import type { PlannedGoal } from '../../src/demo/planned.ts'
import { signToken } from '../../src/token/sign-token.ts'

export type Actor = { sub: string; scope: string }
export type Service = Awaited<ReturnType<typeof startService>>

const jwtSecret = 'a-secret-for-tests-of-32-characters'
const secret = { key: new TextEncoder().encode(jwtSecret), issuer: undefined, audience: undefined, scopeClaim: 'scope' }

/** A test with `service`: an API and its database that the tests of one file share. No worker runs. */
// biome-ignore lint/correctness/noEmptyPattern: Vitest requires a destructuring pattern here.
export const test = base.extend('service', { scope: 'file' }, async ({}, { onCleanup }) => {
  const service = await startService()
  onCleanup(service.close)
  return service
})
// A process that starts within a test ends with it. This hook starts the API before the first test.
test.beforeAll(({ service }) => void service)

async function startService() {
  const { url: databaseUrl } = await freshDatabase()
  const { pool, close } = createDatabase({ url: databaseUrl, poolSize: 4, name: 'test', onError: () => undefined })
  const apiUrl = await startApi(databaseUrl)

  /** Sends a request without a body and returns the status of the response. */
  async function send(actor: Actor, method: 'POST' | 'DELETE', path: string): Promise<number> {
    const token = await signToken(secret, { ...actor, expiresIn: '1 hour' })
    const response = await fetch(new URL(path, apiUrl), { method, headers: { authorization: `Bearer ${token}` } })
    return response.status
  }

  const connect = (onWrite: () => void = () => undefined): Client => createClient({ apiUrl, secret, onWrite })
  /** Loads the sample under a name. Each test uses names of its own. */
  const load = (name: string, client = connect()): Promise<LoadResult> => loadGoals(client, sampleOf(name), 8)

  return { pool, close, send, connect, load }
}

async function startApi(databaseUrl: string): Promise<string> {
  const redis = freshRedis()
  const api = startProcess('apps/api/src/main.ts', {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    QUEUE_PREFIX: redis.prefix,
    CACHE_PREFIX: redis.prefix,
    AUTH_JWT_SECRET: jwtSecret,
    HOST: '127.0.0.1',
    PORT: '0',
  })
  const { port } = await api.waitForLog(({ msg }) => msg === 'ready')
  return `http://127.0.0.1:${port}`
}

/** Plans the sample with the name as a prefix of its refs. */
export function sampleOf(name: string): PlannedGoal[] {
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

/** Reads everything that a load created under a name, without ids. */
export async function readLoaded({ pool }: Service, name: string) {
  const { rows } = await pool.query(
    `with entity as (
       select id, metadata, version, status::text, null as block from goals
       union all
       select id, metadata, version, status::text, block_kind || ' from ' || blocked_from from tasks
     ), named as (
       select *, substr(metadata->>'externalId', length($1) + 2) as ref from entity
       where metadata->>'externalId' like $1 || '/%'
     )
     select ref, status, block, version, metadata - 'externalId' as rest,
            array(select other.ref from task_dependencies d join named other on other.id = d.depends_on_id
                  where d.task_id = named.id order by 1) as dependencies,
            (select count(*)::int from events where aggregate_id = named.id) as events
     from named order by ref`,
    [name],
  )
  return rows
}

/** Deletes the idempotency keys, as the service does within a week. */
export const expireIdempotencyKeys = ({ pool }: Service) => pool.query('delete from idempotency_keys')
