import { randomUUID } from 'node:crypto'
import { digestTables } from '@goals-tasks/db/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp } from '../support/test-app.ts'
import { type Cast, createCast, goalSecret, type Scene, setScene, taskSecret } from './actors.ts'
import {
  type ActorName,
  type Entry,
  matrix,
  matrixActors,
  matrixStates,
  publicRoutes,
  routes,
  type State,
} from './matrix.ts'
import { type Answer, addressOf, overwrite, send } from './request.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let cast: Cast
beforeAll(async () => {
  api = await startTestApp()
  cast = await createCast(api)
})
afterAll(() => api.close())

const tables = () => digestTables(api.pool)
const isRead = (name: string) => name.startsWith('GET ')
const isOfTask = (name: string) => name.includes('/v1/tasks/:taskId')

const attempt = (name: string, scene: Scene, actor: ActorName, headers: Record<string, string>) => {
  const body = matrix[name]?.body
  return send(api.app, cast[actor].token, { ...addressOf(name, cast, scene, actor), body, headers })
}

/** The goal and its tasks, brought by their owner to where the route begins. */
async function sceneFor(name: string, { first }: Entry, state: State): Promise<Scene> {
  const { owner } = cast
  const scene = await setScene(cast)
  const tasks = [scene.bySeeing, scene.byBlind]
  if (first === 'wait') await Promise.all(tasks.map((id) => owner.put(`/v1/tasks/${id}/dependencies/${owner.ownTask}`)))
  else if (first && isOfTask(name)) await Promise.all(tasks.map((id) => owner.post(`/v1/tasks/${id}/${first}`)))
  else if (first) await owner.post(`/v1/goals/${scene.goal}/${first}`)
  if (state === 'deletedWithGoal' || (state === 'deleted' && !isOfTask(name)))
    await owner.delete(`/v1/goals/${scene.goal}`)
  else if (state === 'deleted') await Promise.all(tasks.map((id) => owner.delete(`/v1/tasks/${id}`)))
  return scene
}

/** A scene for tests that see to it that nothing is written: the routes that begin alike have one together. */
const untouched = new Map<string, Promise<Scene>>()
function sharedScene(name: string, entry: Entry, state: State): Promise<Scene> {
  const beginning = `${entry.first} ${isOfTask(name)} ${state}`
  const scene = untouched.get(beginning) ?? sceneFor(name, entry, state)
  untouched.set(beginning, scene)
  return scene
}

function expectNoLeak(answer: Answer, actor: ActorName, what: string) {
  if (actor !== 'owner' && actor !== 'admin') expect(answer.body, what).not.toContain(goalSecret)
  if (answer.statusCode === 404) expect(answer.body, what).not.toContain(taskSecret)
  if (answer.statusCode >= 400) expect(answer.headers['content-type'], what).toMatch(/^application\/problem\+json/)
}

test('a route needs the scope of its resource: read for GET and HEAD, write for any other method', () => {
  const withScope = routes.filter(({ route }) => route.config?.scope)
  expect(withScope.length).toBeGreaterThan(30)
  for (const { name, route } of withScope) {
    const resource = /\/(goals|tasks)(?!.*\/(goals|tasks)\b)/.exec(route.url)?.[1]
    expect(route.config?.scope, name).toBe(`${resource}:${/^(GET|HEAD) /.test(name) ? 'read' : 'write'}`)
  }
})

test('every route that needs a token says who may call it', () => {
  const silent = routes.filter(({ route }) => route.config?.scope && !route.config.access)
  expect(silent.map(({ name }) => name)).toEqual([])
})

test('what needs no token is meant for everybody, or refuses a method', async () => {
  const open = routes.filter(({ route }) => !route.config?.scope)
  const urls = open.map(({ route }) => route.url).filter((url) => !url.startsWith('/v1/'))
  expect(new Set(urls)).toEqual(new Set(publicRoutes))
  for (const { name, route } of open.filter(({ route }) => route.url.startsWith('/v1/'))) {
    const [method] = name.split(' ') as ['OPTIONS']
    const answer = await api.app.inject({ method, url: route.url.replace(/:\w+/g, randomUUID()) })
    expect(answer.statusCode, name).toBe(method === 'OPTIONS' ? 204 : 405)
  }
})

describe.each(Object.entries(matrix))('%s', (name, entry) => {
  const cells = (state: State) => {
    const row = entry.rule[state]?.split(' ').map(Number) ?? []
    return matrixActors.map((actor, i) => ({ actor, state, status: row[i] ?? 0 }))
  }
  const known = matrixStates.filter((state) => entry.rule[state])

  test('is refused to whom it is not for, tells them nothing and changes nothing', async () => {
    const scenes = await Promise.all(
      known.map(async (state) => [state, await sharedScene(name, entry, state)] as const),
    )
    const before = await tables()
    for (const [state, scene] of scenes) {
      for (const { actor, status } of cells(state).filter((cell) => cell.status >= 400 || isRead(name))) {
        const what = `${state}, ${actor}`
        const answer = await attempt(name, scene, actor, overwrite)
        expect(answer.statusCode, `${what}: ${answer.body}`).toBe(status)
        expectNoLeak(answer, actor, what)
        if (!isRead(name)) continue
        const { url } = addressOf(name, cast, scene, actor)
        const head = await send(api.app, cast[actor].token, { method: 'HEAD', url })
        expect([head.statusCode, head.body], `${what}, HEAD`).toEqual([status, ''])
      }
    }
    expect(await tables()).toEqual(before)
  })

  if (isRead(name)) return

  test('is done for whom it is for, under their own name', async () => {
    const allowed = known.flatMap(cells).filter((cell) => cell.status < 400)
    await Promise.all(
      allowed.map(async ({ actor, state, status }) => {
        const what = `${state}, ${actor}`
        const answer = await attempt(name, await sceneFor(name, entry, state), actor, overwrite)
        expect(answer.statusCode, `${what}: ${answer.body}`).toBe(status)
        expectNoLeak(answer, actor, what)
        const requestId = answer.headers['x-request-id']
        const { rows } = await api.pool.query('select actor_id, as_admin from events where correlation_id = $1', [
          requestId,
        ])
        const changes = name.endsWith('/restore') ? state !== 'live' : state === 'live'
        expect(rows.length > 0, `${what} makes an event`).toBe(changes)
        for (const row of rows) expect(row, what).toEqual({ actor_id: cast[actor].id, as_admin: actor === 'admin' })
      }),
    )
  })

  if (entry.rule.live?.startsWith('201')) return

  test('compares versions only for those who see them', async () => {
    const scene = await sharedScene(name, entry, 'live')
    const before = await tables()
    for (const { actor, status } of cells('live')) {
      const answer = await attempt(name, scene, actor, { 'if-match': '"77"', prefer: 'handling=lenient' })
      const sees = isOfTask(name) ? status !== 404 : status < 400
      const isDoneAlready = name.endsWith('/restore')
      expect(answer.statusCode, `${actor}: ${answer.body}`).toBe(sees && !isDoneAlready ? 412 : status)
      expectNoLeak(answer, actor, actor)
    }
    expect(await tables()).toEqual(before)
  })
})
