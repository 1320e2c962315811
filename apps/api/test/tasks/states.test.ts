import fc from 'fast-check'
import { expect } from 'vitest'
import { manyRounds } from '../support/limits.ts'
import { test } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'
import { createSituation, makeMove, send, situations, toggleBlocker } from './situations.ts'
import { contract, moves, statuses, verbs } from './task-model.ts'

/** Returns the events of a task, oldest first, as `task:updated v2 blocked`. */
const eventsOf = async (api: TestApp, taskId: string) =>
  (await api.eventsOf(taskId)).map(({ type, version, reason }) => [type, `v${version}`, reason ?? []].flat().join(' '))

test.for(Object.keys(situations))(
  'a task that is %s goes where the contract says, and nowhere else, by every verb and every status',
  async (name, { api, ada }) => {
    for (const move of moves) {
      const situation = await createSituation(ada, situations[name])
      const before = await eventsOf(api, situation.task.id)
      const { emitted } = await makeMove(ada, situation, move)
      expect(await eventsOf(api, situation.task.id), JSON.stringify(move)).toEqual([...before, ...emitted])
    }
  },
)

test(
  'a random walk creates one version and one update per change when the blocker closes and reopens meanwhile',
  manyRounds,
  async ({ api, ada }) => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...moves) },
      { weight: 1, arbitrary: fc.constant('blocker' as const) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (walk) => {
        let situation = await createSituation(ada)
        const events = ['task:created v1']
        for (const move of walk) {
          const { emitted, ...next } =
            move === 'blocker' ? await toggleBlocker(ada, situation) : await makeMove(ada, situation, move)
          situation = next
          events.push(...emitted)
        }
        expect(await eventsOf(api, situation.task.id)).toEqual(events)
      }),
      { numRuns: 30 },
    )
  },
)

test('a task with an open blocker is completed by force, and only by the owner of its goal', async ({ ada, bob }) => {
  const { task, blocker } = await createSituation(ada, [], { assignedTo: bob.id })
  expect((await send(bob, task.id, { verb: 'complete' })).body).toMatchObject({
    code: 'task-blocked',
    blockers: [blocker],
  })
  for (const move of [
    { verb: 'complete', force: true },
    { status: 'COMPLETED', force: true },
  ] as const)
    expect((await send(bob, task.id, move)).body).toMatchObject({ status: 403, code: 'forbidden' })
  expect((await send(ada, task.id, { verb: 'complete', force: true })).body).toMatchObject({ status: 'COMPLETED' })
})

const cases = Object.keys(situations).flatMap((name) => [
  { name, reader: 'its owner' },
  { name, reader: 'its assignee' },
])
test.for(cases)(
  'the capabilities of a task that is $name are exactly the verbs that succeed for $reader',
  async ({ name, reader }, { ada, bob }) => {
    const client = reader === 'its owner' ? ada : bob
    for (const verb of verbs) {
      const { task, model, blocker } = await createSituation(ada, situations[name], { assignedTo: bob.id })
      const { capabilities } = (await client.get(`/v1/tasks/${task.id}?include=capabilities`)).body as {
        capabilities: Record<string, { to?: string }>
      }
      const answer = await send(client, task.id, { verb })
      const unchanged = answer.status === 200 && answer.body.version === task.version
      const { to, ...capability } = capabilities[verb] ?? {}
      if (unchanged) expect(capabilities, verb).not.toHaveProperty(verb)
      else if (answer.status === 200)
        expect({ to, ...capability }, verb).toEqual({ allowed: true, to: answer.body.status })
      else if (answer.body.code === 'task-blocked')
        expect(capability, verb).toEqual({
          allowed: false,
          code: 'task-blocked',
          blockers: model.blockerOpen ? [blocker] : [],
        })
      else expect(capabilities[verb], verb).toEqual({ allowed: false, code: 'invalid-transition' })
      expect([200, 409]).toContain(answer.status)
    }
  },
)

test('a deleted task allows no verb', async ({ ada }) => {
  const { task } = await createSituation(ada)
  await ada.delete(`/v1/tasks/${task.id}`)
  const deleted = await ada.get(`/v1/tasks/${task.id}?include=capabilities&includeDeleted=true`)
  for (const verb of verbs) {
    expect(deleted.body.capabilities).toHaveProperty(verb, { allowed: false, code: 'deleted' })
    expect(await send(ada, task.id, { verb })).toMatchObject({ status: 409, body: { code: 'deleted' } })
  }
})

test('the OpenAPI document names the allowed next states of each transition', async ({ ada }) => {
  const { paths } = (await ada.get('/openapi.json')).body as unknown as {
    paths: Record<string, Record<string, { description: string }>>
  }
  const routes = [...verbs.map((verb) => paths[`/v1/tasks/{taskId}/${verb}`]?.post), paths['/v1/tasks/{taskId}']?.patch]
  for (const route of routes)
    for (const from of statuses)
      expect(route?.description).toContain(`After \`${from}\`: ${Object.keys(contract[from]).join(', ')}.`)
  expect(paths['/v1/tasks/{taskId}/unblock']?.post?.description).toContain('`BLOCKED` → `TODO` or `IN_PROGRESS`')
})
