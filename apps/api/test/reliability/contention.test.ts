import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { expect, onTestFinished } from 'vitest'
import { test } from '../support/test.ts'

/** Opens a connection that ends with the test. */
async function connect({ url }: { url: string }): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

/** Counts the connections that wait for a lock. */
async function countWaiting(client: pg.Client): Promise<number> {
  const { rows } = await client.query(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return rows[0].count
}

test('requests that wait for one key take no connection while the first is running', async ({ api, ada }) => {
  const [holder, watcher] = [await connect(api.database), await connect(api.database)]
  const goal = await ada.createGoal()
  const key = randomUUID()
  const hold = () => ada.post(`/v1/goals/${goal.id}/hold`, {}, { 'idempotency-key': key })

  await holder.query('begin')
  await holder.query('select from goals where id = $1 for update', [goal.id])
  const first = hold()
  await until(async () => (await countWaiting(watcher)) === 1)
  const others = Promise.all(Array.from({ length: 20 }, hold)).then((answers) => answers.map(({ status }) => status))
  let most = 0
  const answered = others.then(() => true)
  await until(async () => {
    most = Math.max(most, await countWaiting(watcher))
    return Promise.race([answered, false])
  })
  expect(new Set(await others)).toEqual(new Set([409]))
  expect(most).toBe(1)
  await holder.query('rollback')
  expect((await first).status).toBe(200)
})
