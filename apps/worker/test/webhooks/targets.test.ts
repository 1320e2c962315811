import { randomUUID } from 'node:crypto'
import { webhookConsumer } from '@goals-tasks/events'
import fc from 'fast-check'
import type pg from 'pg'
import { expect } from 'vitest'
import { test } from '../support/test.ts'
import { insertWebhook } from '../support/webhooks.ts'
import type { createWriter } from '../support/writer.ts'

const users = [0, 1, 2].map(() => randomUUID())
const user = fc.integer({ min: 0, max: users.length - 1 }).map((index) => users[index] ?? '')
/** One task: its owner, then each next assignee, and whether the change is a milestone too. */
const history = fc.record({
  owner: user,
  assignees: fc.array(fc.record({ to: fc.option(user), milestone: fc.boolean() }), { maxLength: 5 }),
})
type History = typeof history extends fc.Arbitrary<infer H> ? H : never

async function play(write: ReturnType<typeof createWriter>, { owner, assignees }: History): Promise<void> {
  const goal = await write.goal(owner)
  let { entity: task } = await write.task(goal.entity)
  for (const { to, milestone } of assignees)
    task = (await write.changeTask(task, { assignedTo: to }, { extra: milestone ? ['task:assigned'] : [] })).entity
}

/** The pairs of event and webhook for which there is a delivery, and those for which there should be one. */
async function pairs(pool: pg.Pool) {
  const { rows: actual } = await pool.query(
    `select event_id || ' ' || target as pair from deliveries where consumer = $1 and target <> '' order by 1`,
    [webhookConsumer],
  )
  const { rows: expected } = await pool.query(
    `select r.event_id || ' ' || w.id as pair from event_readers r join webhooks w on w.owner_id = r.reader_id
     join events e on e.id = r.event_id where w.types is null or e.type = any(w.types) order by 1`,
  )
  return { actual, expected }
}

test('a webhook gets the events of its owner, and no others, when tasks change their assignees', async ({
  installation,
  write,
}) => {
  const { pool } = installation
  for (const ownerId of users) {
    await insertWebhook(pool, { ownerId, url: 'https://all.example/' })
    await insertWebhook(pool, { ownerId, url: 'https://some.example/', types: ['task:assigned', 'task:created'] })
  }
  await fc.assert(
    fc.asyncProperty(history, async (played) => {
      await play(write, played)
      const { actual, expected } = await pairs(pool)
      expect(actual).toEqual(expected)
    }),
    { numRuns: 15 },
  )
  expect((await pairs(pool)).actual.length).toBeGreaterThan(30)
})
