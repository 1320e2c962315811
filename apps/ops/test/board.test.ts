import { expect, test } from 'vitest'
import { boardPath } from '../src/board/routes.ts'
import { createSessions } from '../src/login/session.ts'
import { bearer, fromOurPage, operatorId, secret, startOps } from './support/start-ops.ts'

const ops = await startOps()
const { app } = ops
const html = { accept: 'text/html,*/*' }
const { value } = await createSessions(secret).seal({
  id: operatorId,
  admin: false,
  scopes: new Set(['ops']),
  expiresAtMs: Date.now() + 60_000,
})
const session = { cookie: `ops_session=${value}` }

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers })
/** The page's own links, as a browser resolves them. */
async function assetsOfPage() {
  const { body } = await get(boardPath, { ...session, ...html })
  const base = /<base href="([^"]+)"/.exec(body)?.[1] ?? ''
  return [...body.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map((match) => `${base}${match[1]}`)
}

test('a browser without a session is sent to the login page', async () => {
  for (const url of ['/ops', boardPath, `${boardPath}/queue/sync`]) {
    const answer = await get(url, html)
    expect(answer.statusCode).toBe(302)
    expect(answer.headers.location).toBe('/ops/login')
  }
})

test('page, API and static files are closed without a session, and open with one', async () => {
  const assets = await assetsOfPage()
  expect(assets.length).toBeGreaterThan(3)
  for (const url of [boardPath, `${boardPath}/api/queues`, ...assets]) {
    expect((await get(url)).statusCode, url).toBe(401)
    expect((await get(url, session)).statusCode, url).toBe(200)
    expect((await get(url, await bearer())).statusCode, url).toBe(200)
    expect((await get(url, await bearer('goals:read'))).statusCode, url).toBe(403)
  }
  expect((await get('/ops', session)).headers.location).toBe(boardPath)
})

test('the page may load and run only what this process serves', async () => {
  const policy = String((await get(boardPath, session)).headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self';")
  expect(policy).not.toMatch(/https?:/)
  const { body } = await get(boardPath, { ...session, ...html })
  expect(body.match(/(?:src|href)="(?:https?:)?\/\/[^"]*"/g)).toBeNull()
})

test('the page of a problem needs no session', async () => {
  expect((await get('/problems/unauthenticated', html)).statusCode).toBe(200)
  expect((await get('/problems/nothing')).statusCode).toBe(404)
})

test('the board shows every queue with its jobs, and the dead letters beside them', async () => {
  const { queue } = ops.queueOf('sync')
  const { id: deadLetter } = await ops.createDeadLetter('sync', 'the receiver is gone')
  await queue.add(
    'task:created',
    { events: [{ id: 'e1', type: 'task:created', aggregateId: 'a1' }] },
    { delay: 60_000 },
  )
  const read = async (name: string) =>
    (await get(`${boardPath}/api/queues?activeQueue=${encodeURIComponent(name)}&page=1&jobsPerPage=10`, session)).json()
      .queues

  const queues = await read('consumers/sync')
  expect(queues.map((q: { name: string }) => q.name)).toEqual(
    expect.arrayContaining(['consumers/audit-log', 'dead letters/audit-log.dead']),
  )
  expect(queues).toHaveLength(8)
  const sync = queues.find((q: { name: string }) => q.name === 'consumers/sync')
  expect(sync).toMatchObject({ readOnlyMode: true, allowRetries: false, counts: { delayed: 1 } })
  expect(sync.jobs[0]).toMatchObject({ name: 'task:created', data: { events: [{ id: 'e1' }] } })

  const dead = (await read('dead letters/sync.dead')).find((q: { name: string }) => q.name === 'dead letters/sync.dead')
  expect(dead.jobs[0]).toMatchObject({
    id: deadLetter,
    data: { error: 'the receiver is gone' },
    externalUrl: { href: `/ops/dead-letters/${deadLetter}` },
  })
})

test('every write on the board is 405', async () => {
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
    const answer = await app.inject({ method: 'PUT', url: `${api}/${write}`, headers: { ...session, ...fromOurPage } })
    expect(answer.statusCode, write).toBe(405)
    expect(answer.headers.allow).toBe('GET, HEAD')
  }
  expect(await queue.isPaused()).toBe(false)
  expect(await queue.getDelayedCount()).toBe(1)
})

test('a name outside the board leads nowhere, and no error shows what is inside', async () => {
  expect((await get(`${boardPath}/api/queues/nothing/1`, session)).statusCode).toBe(404)
  expect((await get('/ops/nothing', session)).json()).toMatchObject({ code: 'not-found' })
})
