import { randomUUID } from 'node:crypto'
import { digestTables } from '@goals-tasks/db/testing'
import { describe, expect } from 'vitest'
import { matrixActors } from '../../src/resource/http/access.ts'
import { overwrite } from '../support/client.ts'
import { routes } from '../support/described-app.ts'
import type { TestApp } from '../support/test-app.ts'
import { insertMessage, insertSyncRun, insertWebhook } from '../support/webhooks.ts'
import { type Actors, createFixture, type Fixture, goalSecret, taskSecret, test } from './actors.ts'
import {
  type ActorName,
  type Cell,
  cellsOf,
  type Entry,
  matrix,
  publicRoutes,
  type State,
  statesOf,
  statusesOf,
} from './matrix.ts'
import { type Answer, addressOf, send } from './request.ts'

const isRead = (name: string) => name.startsWith('GET ')
const isOfTask = (name: string) => name.includes('/v1/tasks/:taskId')
const isAllowed = ({ status }: Cell) => status < 400

type Case = { name: string; entry: Entry; state: State }

/** Creates a goal and its tasks, and lets their owner bring them to the state in which the route is called. */
async function createFixtureFor(
  { api, actors }: { api: TestApp; actors: Actors },
  { name, entry: { first }, state }: Case,
): Promise<Fixture> {
  const { owner } = actors
  // A user may not have many, so routes that name none get none.
  const webhook = /:webhookId|sync-runs/.test(name) ? await insertWebhook(api.pool, owner.id) : randomUUID()
  const webhookEvent = name.includes(':eventId') ? await insertMessage(api.pool, webhook, owner.ownGoal) : randomUUID()
  const fixture = {
    ...(await createFixture(actors)),
    apiKey: await createApiKeyFor(owner, name),
    webhook,
    webhookEvent,
    syncRun: name.includes(':runId') ? await insertSyncRun(api.pool, owner.id, webhook) : randomUUID(),
  }
  const tasks = [fixture.task, fixture.taskByBlindCreator]
  if (first === 'wait') await Promise.all(tasks.map((id) => owner.addDependency(id, owner.ownTask)))
  else if (first && isOfTask(name)) await Promise.all(tasks.map((id) => owner.actOnTask(id, first)))
  else if (first) await owner.actOnGoal(fixture.goal, first)
  if (state === 'deletedWithGoal' || (state === 'deleted' && !isOfTask(name)))
    await owner.delete(`/v1/goals/${fixture.goal}`)
  else if (state === 'deleted') await Promise.all(tasks.map((id) => owner.delete(`/v1/tasks/${id}`)))
  return fixture
}

/** Creates an API key for a route that names one. A user may not have many, so other routes get none. */
async function createApiKeyFor(owner: Actors['owner'], route: string): Promise<string> {
  if (!route.includes(':keyId')) return randomUUID()
  const { body } = await owner.post('/v1/api-keys', { name: 'A key', scopes: ['goals:read'] })
  return String(body.id)
}

const unchangedFixtures = new Map<string, Promise<Fixture>>()
/** Returns a fixture for a test that writes nothing. Routes with equal fixtures share one. */
function sharedFixture(given: { api: TestApp; actors: Actors }, { name, entry, state }: Case): Promise<Fixture> {
  const kind = `${entry.first} ${isOfTask(name)} ${name.match(/:keyId|:webhookId|:eventId|:runId|sync-runs/g)} ${state}`
  const fixture = unchangedFixtures.get(kind) ?? createFixtureFor(given, { name, entry, state })
  unchangedFixtures.set(kind, fixture)
  return fixture
}

/** Sends a request as the actor of a cell. The answer must have the status of the cell and leak nothing. */
async function expectAnswer(
  { api, actors, fixture }: { api: TestApp; actors: Actors; fixture: Fixture },
  { name, headers = overwrite }: { name: string; headers?: Record<string, string> },
  { state, actor, status }: Cell,
) {
  const address = addressOf(name, { actors, fixture, actor })
  const body = JSON.parse(JSON.stringify(matrix[name]?.body ?? null).replace(':webhookId', fixture.webhook))
  const answer = await send(api.app, actors[actor].token, { ...address, body: body ?? undefined, headers })
  const what = `${state}, ${actor}`
  expect(answer.statusCode, `${what}: ${answer.body}`).toBe(status)
  expectNoLeak(answer, actor, what)
  return answer
}

function expectNoLeak(answer: Answer, actor: ActorName, what: string) {
  if (actor !== 'owner' && actor !== 'admin') expect(answer.body, what).not.toContain(goalSecret)
  if (answer.statusCode === 404) expect(answer.body, what).not.toContain(taskSecret)
  if (answer.statusCode >= 400) expect(answer.headers['content-type'], what).toMatch(/^application\/problem\+json/)
}

test('a route needs the read scope of its resource for GET and HEAD, and the write scope for other methods', () => {
  const withScope = routes.filter(({ route }) => route.config?.scope)
  expect(withScope.length).toBeGreaterThan(30)
  for (const { name, route } of withScope) {
    // A feed needs this scope at least. Events of goals and of notifications need another one as well.
    const special: Record<string, string> = {
      '/v1/changes': 'tasks',
      '/v1/changes/socket': 'tasks',
      '/v1/me/mail-schedule': 'notifications',
      '/v1/me/notification-preferences': 'notifications',
      '/v1/me/contact': 'notifications',
    }
    const named = /\/(goals|tasks|api-keys|notifications|webhooks)(?!.*\/(goals|tasks)\b)/.exec(route.url)?.[1]
    const resource = special[route.url] ?? named
    // One scope starts and shows sync runs.
    if (route.url.startsWith('/v1/sync-runs')) {
      expect(route.config?.scope, name).toBe('sync')
      continue
    }
    // Only the directory of a company may see contacts of others.
    const scope = route.url.startsWith('/v1/users/')
      ? 'admin'
      : `${resource}:${/^(GET|HEAD) /.test(name) ? 'read' : 'write'}`
    expect(route.config?.scope, name).toBe(scope)
  }
})

test('a route declares its access when it needs a token', () => {
  // The tests of the feed cover the socket: it takes no plain request.
  const withoutAccess = routes.filter(({ route: { config } }) => config?.scope && !config.access && !config.upgrades)
  expect(withoutAccess.map(({ name }) => name)).toEqual([])
})

test('an access rule names a status for every actor, in every state of the resource', () => {
  for (const [name, entry] of Object.entries(matrix)) {
    const states = isOfTask(name) ? ['live', 'deleted', 'deletedWithGoal'] : ['live', 'deleted']
    expect(statesOf(entry), name).toEqual(/:goalId|:taskId/.test(name) ? states : ['live'])
    for (const state of statesOf(entry)) {
      const statuses = statusesOf(entry, state)
      expect(statuses, `${name}, ${state}`).toHaveLength(matrixActors.length)
      for (const status of statuses)
        expect([200, 201, 202, 204, 403, 404, 409, 410], `${name}, ${state}`).toContain(status)
    }
  }
})

test('a route without a scope is public', () => {
  const withoutScope = routes.filter(({ route }) => !route.config?.scope)
  expect(new Set(withoutScope.map(({ route }) => route.url))).toEqual(new Set(publicRoutes))
})

test('an address refuses each method that it has no route for, without a token', async ({ api }) => {
  const urls = new Set(routes.map(({ route }) => route.url).filter((url) => !url.includes('*')))
  const isPresent = new Set(routes.map(({ name }) => name))
  for (const url of urls)
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const) {
      if (isPresent.has(`${method} ${url}`)) continue
      const answer = await api.app.inject({ method, url: url.replace(/:\w+/g, randomUUID()) })
      expect(answer.statusCode, `${method} ${url}`).toBe(method === 'OPTIONS' ? 204 : 405)
    }
})

describe.each(Object.entries(matrix))('%s', (name, entry) => {
  const cells = statesOf(entry).flatMap((state) => cellsOf(entry, state))

  test('a refused actor gets the status of the rule, reads no secret, changes nothing', async ({ api, actors }) => {
    for (const state of statesOf(entry)) await sharedFixture({ api, actors }, { name, entry, state })
    const before = await digestTables(api.pool)
    for (const cell of cells.filter((cell) => !isAllowed(cell) || isRead(name))) {
      const fixture = await sharedFixture({ api, actors }, { name, entry, state: cell.state })
      await expectAnswer({ api, actors, fixture }, { name }, cell)
      if (!isRead(name)) continue
      const { url } = addressOf(name, { actors, fixture, actor: cell.actor })
      const head = await send(api.app, actors[cell.actor].token, { method: 'HEAD', url })
      expect([head.statusCode, head.body], `${cell.state}, ${cell.actor}, HEAD`).toEqual([cell.status, ''])
    }
    expect(await digestTables(api.pool)).toEqual(before)
  })

  if (isRead(name)) return

  test('an allowed actor gets the status of the rule, and the events name the actor', async ({ api, actors }) => {
    await Promise.all(
      cells.filter(isAllowed).map(async (cell) => {
        const what = `${cell.state}, ${cell.actor}`
        const fixture = await createFixtureFor({ api, actors }, { name, entry, state: cell.state })
        const answer = await expectAnswer({ api, actors, fixture }, { name }, cell)
        const { rows } = await api.pool.query('select actor_id, as_admin from events where correlation_id = $1', [
          answer.headers['x-request-id'],
        ])
        const changes = name.endsWith('/restore') ? cell.state !== 'live' : cell.state === 'live'
        expect(rows.length > 0, `${what} emits an event`).toBe(changes && entry.emits !== false)
        for (const row of rows)
          expect(row, what).toEqual({ actor_id: actors[cell.actor].id, as_admin: cell.actor === 'admin' })
      }),
    )
  })

  if (entry.rule.live?.startsWith('201')) return

  test('an actor who sees the resource gets 412 when the version is stale', async ({ api, actors }) => {
    const fixture = await sharedFixture({ api, actors }, { name, entry, state: 'live' })
    const before = await digestTables(api.pool)
    const headers = { 'if-match': '"77"', prefer: 'handling=lenient' }
    for (const cell of cellsOf(entry, 'live')) {
      const sees = isOfTask(name) ? cell.status !== 404 : isAllowed(cell)
      const isDoneAlready = name.endsWith('/restore')
      const status = sees && !isDoneAlready ? 412 : cell.status
      await expectAnswer({ api, actors, fixture }, { name, headers }, { ...cell, status })
    }
    expect(await digestTables(api.pool)).toEqual(before)
  })
})
