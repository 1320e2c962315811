import { executeOnce, goalText } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import { Redis } from 'ioredis'
import { type Context, seeded } from '../context.ts'
import { loadProgram } from '../http.ts'
import { requestBytes } from '../load.ts'
import { startBaseline } from '../programs.ts'
import { describe, type Row, type Section } from '../report.ts'
import { helloRequest, requestsAs, walkRows } from '../requests.ts'
import { interleave, ratios, type Sample } from '../rounds.ts'
import { goalId } from '../script.ts'

/** Few goals, so that all of them are in the cache after the warm-up. */
const hot = [1, 2_000] as const

/** Measures reads with a token and an access check, from the cache and past it. */
export async function read(context: Context): Promise<Section> {
  const { api, hello, rounds, servers, token } = context
  const [redisGet, drizzleList] = [
    await startBaseline(servers, 'redis-get'),
    await startBaseline(servers, 'drizzle-list'),
  ]
  try {
    const goals = await seedRedis(context)
    const requests = requestsAs(token)
    const [nextHot, nextAny, nextPlace] = [walkRows(hot), walkRows(seeded.http), await walkPlaces(context)]
    const load = (program: typeof api, next: () => Buffer, expect = 200) =>
      loadProgram(context, { program, expect, next })
    const samples = await interleave(
      {
        goal: () => load(api, () => requests.readGoal(nextHot().row)),
        unchanged: () => load(api, () => requests.readGoal(nextHot().row, { 'if-none-match': '"1"' }), 304),
        past: () => load(api, () => requests.readGoal(nextAny().row, {}, '?includeDeleted=true')),
        list: () => load(api, () => requests.listGoals()),
        laterPage: () => load(api, () => requests.listGoals(`&cursor=${nextPlace().cursor}`)),
        hello: () => load(hello, () => helloRequest),
        redisGet: () => load(redisGet, () => get(`/goals/${goalId(nextHot().row)}`)),
        drizzleList: () => load(drizzleList, () => get(`/goals?${nextPlace().query}`)),
      },
      { rounds, warmUp: true },
    )
    const row = (measured: string, of: keyof typeof samples, against: string, baseline: readonly Sample[]): Row => ({
      measured,
      against,
      ratio: ratios(samples[of], baseline),
      absolute: describe(samples[of]),
      baseline: describe(baseline),
    })
    const kibibytes = Math.round((goals.bytes / goals.count / 1024) * 10) / 10
    const [bare, naive] = ['bare Fastify, GET hello', 'prepared Drizzle select, schema serializer, no token']
    return {
      title: 'Read',
      note: `Goals of about ${kibibytes} KiB. Each request to the API has a token, and its access is checked.`,
      rows: [
        row('GET /v1/goals/{id}, cached', 'goal', bare, samples.hello),
        row('GET /v1/goals/{id}, cached', 'goal', 'bare Fastify, ioredis GET, no token', samples.redisGet),
        row('the same with If-None-Match: 304', 'unchanged', bare, samples.hello),
        row('GET /v1/goals/{id}, past the cache', 'past', bare, samples.hello),
        row('GET /v1/goals?limit=50, cached', 'list', naive, samples.drizzleList),
        row('a later page of 50, which is not cached', 'laterPage', naive, samples.drizzleList),
      ],
    }
  } finally {
    await Promise.all([redisGet.stop(), drizzleList.stop()])
  }
}

const get = (path: string) => requestBytes({ method: 'GET', path })

/** Writes the text of every hot goal to the keys of the bare read. */
async function seedRedis({ pool, servers }: Context) {
  const redis = new Redis(servers.redisUrl)
  const rows = await executeOnce<{ id: string; text: string }>(
    pool,
    sql`select id, ${goalText('goals')} as text from goals`,
  )
  const wanted = new Set(Array.from({ length: hot[1] }, (_, i) => goalId(i + 1)))
  const texts = rows.filter((row) => wanted.has(row.id))
  await redis.mset(Object.fromEntries(texts.map((row) => [`bench:${row.id}`, row.text])))
  redis.disconnect()
  return { count: texts.length, bytes: texts.reduce((sum, row) => sum + row.text.length, 0) }
}

/** Returns a function that returns random pages of the list. It makes their cursors from one of the API's cursors. */
async function walkPlaces({ api, pool, token, userId }: Context) {
  const first = await fetch(`http://127.0.0.1:${api.port}/v1/goals?limit=1`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const { page } = (await first.json()) as { page: { nextCursor: string } }
  const [version, binding] = JSON.parse(Buffer.from(page.nextCursor, 'base64url').toString())
  const { rows } = await pool.query('select rfc3339(created_at) as at, id from goals order by random()')
  let place = 0
  return () => {
    const { at, id } = rows[place++ % rows.length]
    const cursor = Buffer.from(JSON.stringify([version, binding, at, id])).toString('base64url')
    return { cursor, query: new URLSearchParams({ userId, at, id }) }
  }
}
