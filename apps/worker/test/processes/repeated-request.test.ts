import { randomUUID } from 'node:crypto'
import { startProcess, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { install } from './installation.ts'

async function tokenOf(userId: string): Promise<string> {
  const env = { AUTH_JWT_SECRET: 'a-secret-for-tests-of-32-characters' }
  const program = startProcess('apps/cli/src/main.ts', env, ['token', '--sub', userId])
  await program.exit
  return program.stdout().trim()
}

test('an API that is killed in the middle of a request leaves nothing that its repetition would double', {
  timeout: 90_000,
}, async () => {
  const on = await install()
  const userId = randomUUID()
  const [first, token] = await Promise.all([on.startApi(), tokenOf(userId)])
  const create = async (apiUrl: string, key: string) =>
    fetch(`${apiUrl}/v1/goals`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ title: key }),
    })
  const rows = (key: string) => on.count(`goals where title = '${key}'`)

  // One dies with its transaction open: everything is written, nothing is committed.
  const holder = await on.pool.connect()
  await holder.query('begin; lock table deliveries in exclusive mode')
  const unanswered = create(first.url, 'uncommitted').catch(() => 'no answer')
  await until(async () => (await on.count(waitingForTheLock)) > 0)
  first.process.kill('SIGKILL')
  await first.process.exit
  expect(await unanswered).toBe('no answer')
  await holder.query('rollback')
  holder.release()

  const second = await on.startApi()
  const repeated = await create(second.url, 'uncommitted')
  expect(repeated.status).toBe(201)
  expect(await rows('uncommitted')).toBe(1)

  // The other dies once it has committed, whether or not its answer found the way out.
  const perhaps = create(second.url, 'committed').catch(() => 'no answer')
  await until(async () => (await rows('committed')) === 1)
  second.process.kill('SIGKILL')
  await Promise.all([perhaps, second.process.exit])
  const third = await on.startApi()
  const answers = [await create(third.url, 'committed'), await create(third.url, 'committed')]
  const bodies = await Promise.all(answers.map((answer) => answer.text()))
  expect(answers.map((answer) => [answer.status, answer.headers.get('idempotency-replayed')])).toEqual([
    [201, 'true'],
    [201, 'true'],
  ])
  expect(bodies[0]).toBe(bodies[1])
  expect(await rows('committed')).toBe(1)
  expect(await on.count(`events where actor_id = '${userId}'`)).toBe(2)
})

const waitingForTheLock = `pg_locks where not granted and relation = 'deliveries'::regclass
  and database = (select oid from pg_database where datname = current_database())`
