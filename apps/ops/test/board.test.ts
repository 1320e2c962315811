import { expect } from 'vitest'
import { boardPath } from '../src/board/routes.ts'
import { bearer, sameOrigin, sessionOf } from './support/actors.ts'
import { test as base } from './support/ops.ts'

const test = base
  .extend(
    'get',
    { scope: 'file' },
    ({ ops }) =>
      (url: string, headers: Record<string, string> = {}) =>
        ops.app.inject({ url, headers }),
  )
  .extend('session', () => sessionOf())

const html = { accept: 'text/html,*/*' }

test('a browser is redirected to the login page when it has no session', async ({ get }) => {
  for (const url of ['/ops', boardPath, `${boardPath}/queue/sync`]) {
    const response = await get(url, html)
    expect(response.statusCode).toBe(302)
    expect(response.headers.location).toBe('/ops/login')
  }
})

test('the address of ops leads to Bull Board, with a session or without', async ({ get, session }) => {
  for (const headers of [html, { ...html, ...session }]) {
    const redirect = await get('/', headers)
    expect([redirect.statusCode, redirect.headers.location]).toEqual([302, boardPath])
  }
})

test('page, API and static files get 401 without a session and 200 with one', async ({ get, session }) => {
  const page = await get(boardPath, { ...session, ...html })
  const base = /<base href="([^"]+)"/.exec(page.body)?.[1] ?? ''
  const assets = [...page.body.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map((match) => `${base}${match[1]}`)
  expect(assets.length).toBeGreaterThan(3)
  for (const url of [boardPath, `${boardPath}/api/queues`, ...assets]) {
    expect((await get(url)).statusCode, url).toBe(401)
    expect((await get(url, session)).statusCode, url).toBe(200)
    expect((await get(url, await bearer())).statusCode, url).toBe(200)
    expect((await get(url, await bearer('goals:read'))).statusCode, url).toBe(403)
  }
  expect((await get('/ops', session)).headers.location).toBe(boardPath)
})

test('the page loads and runs only what ops serves', async ({ get, session }) => {
  const policy = String((await get(boardPath, session)).headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self';")
  expect(policy).not.toMatch(/https?:/)
  const { body } = await get(boardPath, { ...session, ...html })
  expect(body.match(/(?:src|href)="(?:https?:)?\/\/[^"]*"/g)).toBeNull()
})

test('the page of a problem needs no session', async ({ get }) => {
  expect((await get('/problems/unauthenticated', html)).statusCode).toBe(200)
  expect((await get('/problems/nothing')).statusCode).toBe(404)
})

test('Bull Board shows every queue with its jobs and the dead letters of every consumer', async ({
  ops,
  get,
  session,
}) => {
  const { queue } = ops.queueOf('sync')
  const { id: deadLetterId } = await ops.createDeadLetter('sync', 'the receiver is gone')
  const events = [{ id: 'e1', type: 'task:created', aggregateId: 'a1' }]
  await queue.add('task:created', { events }, { delay: 60_000 })
  const queuesAt = async (name: string) => {
    const query = new URLSearchParams({ activeQueue: name, page: '1', jobsPerPage: '10' })
    return (await get(`${boardPath}/api/queues?${query}`, session)).json().queues
  }
  const findQueue = (queues: { name: string }[], name: string) => queues.find((each) => each.name === name)

  const queues = await queuesAt('consumers/sync')
  expect(queues.map((each: { name: string }) => each.name)).toEqual(
    expect.arrayContaining(['consumers/audit-log', 'dead letters/audit-log.dead']),
  )
  expect(queues).toHaveLength(10)
  expect(findQueue(queues, 'consumers/sync')).toMatchObject({
    readOnlyMode: true,
    allowRetries: false,
    counts: { delayed: 1 },
    jobs: [{ name: 'task:created', data: { events: [{ id: 'e1' }] }, externalUrl: { href: '/ops/trace/e1' } }],
  })
  expect(findQueue(await queuesAt('dead letters/sync.dead'), 'dead letters/sync.dead')).toMatchObject({
    jobs: [
      {
        id: deadLetterId,
        data: { error: 'the receiver is gone' },
        externalUrl: { href: `/ops/dead-letters/${deadLetterId}` },
      },
    ],
  })
})

test('every write to Bull Board gets 405', async ({ ops, session }) => {
  const { queue, dead } = ops.queueOf('audit-log')
  await queue.add('goal:created', { events: [] }, { jobId: 'kept', delay: 60_000 })
  const api = `${boardPath}/api/queues`
  const writes = [
    'pause',
    'consumers%2Faudit-log/pause',
    'consumers%2Faudit-log/empty',
    'consumers%2Faudit-log/kept/clean',
    'consumers%2Faudit-log/kept/promote',
    `${encodeURIComponent(`dead letters/${dead.name}`)}/clean/wait`,
  ]
  for (const write of writes) {
    const headers = { ...session, ...sameOrigin }
    const response = await ops.app.inject({ method: 'PUT', url: `${api}/${write}`, headers })
    expect(response.statusCode, write).toBe(405)
    expect(response.headers.allow).toBe('GET, HEAD')
  }
  expect(await queue.isPaused()).toBe(false)
  expect(await queue.getDelayedCount()).toBe(1)
})

test('an unknown address gets 404 as a problem', async ({ get, session }) => {
  expect((await get(`${boardPath}/api/queues/nothing/1`, session)).statusCode).toBe(404)
  expect((await get('/ops/nothing', session)).json()).toMatchObject({ code: 'not-found' })
})
