import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { startTestApp } from '../support/test-app.ts'

test('a crowd that waits for one key takes no connection while the first is still running', async () => {
  const api = await startTestApp()
  const [holder, watcher] = [new pg.Client(api.database.url), new pg.Client(api.database.url)]
  await Promise.all([holder.connect(), watcher.connect()])
  onTestFinished(async () => {
    await Promise.all([holder.end(), watcher.end()])
    await api.close()
  })
  const ada = await api.as()
  const goal = await ada.goal()
  const hold = () => ada.post(`/v1/goals/${goal.id}/hold`, {}, { 'idempotency-key': key })
  const key = randomUUID()
  const waiting = async (): Promise<number> => {
    const { rows } = await watcher.query(
      `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rows[0].count
  }

  await holder.query('begin')
  await holder.query('select from goals where id = $1 for update', [goal.id])
  const first = hold()
  await until(async () => (await waiting()) === 1)
  const crowd = Promise.all(Array.from({ length: 20 }, hold)).then((answers) => answers.map(({ status }) => status))
  let most = 0
  const refused = crowd.then(() => true)
  await until(
    async () => {
      most = Math.max(most, await waiting())
      return Promise.race([refused, false])
    },
    { timeoutMs: 15_000 },
  )
  expect(new Set(await crowd)).toEqual(new Set([409]))
  expect(most).toBe(1)
  await holder.query('rollback')
  expect((await first).status).toBe(200)
})
