import { expectInvariants } from '@goals-tasks/db/testing'
import fc from 'fast-check'
import type pg from 'pg'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { manyRounds } from '../support/limits.ts'
import { test as base } from '../support/test.ts'
import { startTestApp } from '../support/test-app.ts'
import { type Command, drafts, Model, perform, toCommand } from './serial-model.ts'

// The second API is another process on the same data: it finds rows that the first one has locked.
const test = base.extend('secondApi', { scope: 'file' }, async ({ api }, { onCleanup }) => {
  const second = await startTestApp({ database: api.database, redis: api.redis })
  onCleanup(() => second.close())
  return second
})

type Answer = Awaited<ReturnType<typeof perform>>
type Sent = { command: Command; answer: Answer }
/** The entities and versions that a request wrote, by its events. */
type Effect = { requestId: string; written: { id: string; version: number }[] }

/**
 * Returns the effects of the requests in a serial order. A request holds its locks until it commits, and takes its
 * positions under them, so of two requests that touch one row the later one has the later last position.
 */
async function loadEffects(pool: pg.Pool, run: string): Promise<Effect[]> {
  const { rows } = await pool.query<Effect>(
    `select correlation_id as "requestId",
            json_agg(json_build_object('id', aggregate_id, 'version', aggregate_version)) as written
     from events where correlation_id like $1 and ordinal = 0
     group by correlation_id order by max(position)`,
    [`${run}-%`],
  )
  return rows
}

async function loadRows(pool: pg.Pool, goals: readonly string[]) {
  const state = 'id, title, status::text, version, deleted_at is not null as deleted'
  const { rows } = await pool.query(
    `select ${state}, null as description from goals where id = any($1)
     union all select ${state}, description from tasks where goal_id = any($1)`,
    [goals],
  )
  return rows
}

const refused = [404, 409, 410, 412]

/** Checks that a request without an effect says so. Only a command that was in place already may succeed. */
function expectNoEffect({ command, answer }: Sent) {
  const mayBeInPlace = !['create', 'patch', 'patch goal'].includes(command.kind)
  expect(mayBeInPlace ? [200, 204, ...refused] : refused, `${command.kind}: ${answer.text}`).toContain(answer.status)
}

/** Replays the effects in the model. Each answer and each event must be what the model says at its place. */
function replay(model: Model, effects: readonly Effect[], sent: ReadonlyMap<string, Sent>) {
  for (const { requestId, written } of effects) {
    const { command, answer } = sent.get(requestId) ?? expect.fail(`no request has the id ${requestId}`)
    expect([200, 201, 204], `${command.kind}: ${answer.text}`).toContain(answer.status)
    const ids = model.apply(command, String(answer.body?.id))
    const versionOf = (id: string) => (model.tasks.get(id) ?? model.goals.get(id))?.version
    expect(new Map(written.map(({ id, version }) => [id, version]))).toEqual(
      new Map(ids.map((id) => [id, versionOf(id)])),
    )
    expect(written).toHaveLength(ids.length)
    if (answer.status === 204) continue
    const entity = model.tasks.get(String(answer.body.id)) ?? model.goals.get(String(answer.body.id))
    expect(answer.body).toMatchObject({ title: entity?.title, status: entity?.status, version: entity?.version })
  }
}

/** Creates two goals with three tasks each, here and in the model. */
async function createWorld(owner: Client) {
  const model = new Model()
  const goals = await Promise.all([owner.createGoal(), owner.createGoal()])
  for (const { id } of goals) model.goals.set(id, { version: 1, title: 'A goal', status: 'ACTIVE', deleted: false })
  const ids = goals.map((goal) => goal.id)
  const tasks = await Promise.all(
    [...ids, ...ids, ...ids].map(async (goal) => ({ goal, ...(await owner.createTask(goal)) })),
  )
  for (const { id, goal } of tasks) {
    const row = { version: 1, title: 'A task', status: 'TODO', deleted: false, description: null }
    model.tasks.set(id, { ...row, goal, deletedWithGoal: false, closedWithGoal: false })
  }
  return { model, goals: ids, tasks: tasks.map((task) => task.id) }
}

test(
  'concurrent updates, creates, deletions and cascades have the outcome of a serial order',
  manyRounds,
  async ({ api, secondApi, ada }) => {
    const clients = [ada, await secondApi.as(ada.id)]
    let runs = 0
    let effective = 0
    await fc.assert(
      fc.asyncProperty(drafts, fc.integer({ min: 4, max: 24 }), async (commands, workers) => {
        const run = `serial-${++runs}`
        const { model, goals, tasks } = await createWorld(ada)
        const sent = new Map<string, Sent>()
        const queue = commands.map((draft, i) => toCommand(draft, { goals, tasks, unique: `${run} ${i}` }))
        const work = async (client: Client) => {
          for (let command = queue.shift(); command; command = queue.shift()) {
            const requestId = `${run}-${queue.length}`
            sent.set(requestId, { command, answer: await perform(client, command, requestId) })
          }
        }
        await Promise.all(Array.from({ length: workers }, (_, i) => work(clients[i % clients.length] ?? ada)))

        const effects = await loadEffects(api.pool, run)
        replay(model, effects, sent)
        effective += effects.length
        const withEffect = new Set(effects.map((effect) => effect.requestId))
        for (const [requestId, each] of sent) if (!withEffect.has(requestId)) expectNoEffect(each)
        const rows = [...model.goals, ...model.tasks].map(([id, { title, status, version, deleted, ...rest }]) => ({
          ...{ id, title, status, version, deleted },
          description: 'description' in rest ? rest.description : null,
        }))
        const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
        expect((await loadRows(api.pool, goals)).toSorted(byId)).toEqual(rows.toSorted(byId))
      }),
      // A failure depends on timing, so that shrinking finds nothing.
      { numRuns: 25, endOnFailure: true },
    )
    expect(effective).toBeGreaterThan(100)
    await expectInvariants(api.pool)
  },
)
