import fc from 'fast-check'
import { expect } from 'vitest'
import type { TestApp } from '../support/test-app.ts'
import { insertWebhook } from '../support/webhooks.ts'
import { type Actors, createFixture, type Fixture, test } from './actors.ts'
import type { ActorName } from './matrix.ts'

/** The actors whose own access decides what they see. An administrator may read everything, and is no reader of it. */
const readers = ['owner', 'assignee', 'former assignee', 'creator who sees the goal', 'stranger'] as const

const anyActor = fc.constantFrom<ActorName>('owner', 'assignee', 'former assignee', 'stranger', 'admin')
const step = fc.record({
  actor: anyActor,
  target: fc.option(fc.constantFrom(...readers), { freq: 3 }),
  act: fc.constantFrom('assign', 'assign', 'rename', 'start', 'complete', 'reopen', 'rename goal', 'delete', 'restore'),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

function send({ actor, target, act }: Step, actors: Actors, { goal, task }: Fixture) {
  const client = actors[actor]
  const url = `/v1/tasks/${task}`
  switch (act) {
    case 'assign':
      return client.patchTask(task, { assignedTo: target && actors[target].id })
    case 'rename':
      return client.patchTask(task, { title: `by ${actor}` })
    case 'rename goal':
      return client.patchGoal(goal, { title: `by ${actor}` })
    case 'delete':
      return client.delete(url)
    default:
      return client.post(`${url}/${act}`)
  }
}

/** Asks the API which readers may read the task and the goal. */
async function readable(actors: Actors, { goal, task }: Fixture): Promise<Record<'task' | 'goal', Set<string>>> {
  const found = { task: new Set<string>(), goal: new Set<string>() }
  for (const name of readers) {
    const { id } = actors[name]
    if ((await actors[name].get(`/v1/tasks/${task}`)).status === 200) found.task.add(id)
    if ((await actors[name].get(`/v1/goals/${goal}`)).status === 200) found.goal.add(id)
  }
  return found
}

/** Returns the owners of the webhooks that get the events of a request, by the kind of the entity. */
async function ownersOfWebhooks({ pool }: TestApp, requestId: unknown) {
  const { rows } = await pool.query<{ type: 'task' | 'goal'; entity: string; owner: string }>(
    `select e.aggregate_type as type, e.aggregate_id as entity, w.owner_id as owner
     from events e join deliveries d on d.event_id = e.id join webhooks w on w.id::text = d.target
     where e.correlation_id = $1`,
    [requestId],
  )
  return rows
}

const numRuns = 3
/** The owner and the assignee get it. */
const firstStep: Step = { actor: 'owner', target: null, act: 'rename' }

test('no webhook gets an event of an entity that its owner may read neither before nor after it', async ({
  api,
  actors,
}) => {
  await api.pool.query('delete from webhooks')
  const webhooks = new Map<string, string>()
  for (const { id } of Object.values(actors)) webhooks.set(id, await insertWebhook(api.pool, id))
  let delivered = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 4 }), async (steps) => {
      const fixture = await createFixture(actors)
      let before = await readable(actors, fixture)
      for (const each of [firstStep, ...steps]) {
        const { headers } = await send(each, actors, fixture)
        const after = await readable(actors, fixture)
        for (const { type, entity, owner } of await ownersOfWebhooks(api, headers['x-request-id'])) {
          if (entity !== fixture[type]) continue
          delivered += 1
          expect(before[type].has(owner) || after[type].has(owner), `${JSON.stringify(each)} ${type}`).toBe(true)
        }
        before = after
      }
    }),
    { numRuns },
  )
  expect(delivered).toBeGreaterThanOrEqual(2 * numRuns)
  for (const name of readers) {
    const { id, get, post } = actors[name]
    const feed: { data: { id: string }[] } = JSON.parse((await get('/v1/changes?cursor=beginning&limit=200')).text)
    await api.pool.query('delete from deliveries where target = $1', [webhooks.get(id)])
    await post(`/v1/webhooks/${webhooks.get(id)}/replay`, { fromCursor: 'beginning' })
    const { rows } = await api.pool.query('select event_id as id from deliveries where target = $1', [webhooks.get(id)])
    const seen = new Set(feed.data.map((event) => event.id))
    expect(rows.filter((row) => !seen.has(row.id))).toEqual([])
  }
})
