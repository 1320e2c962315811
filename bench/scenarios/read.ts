import { Redis } from 'ioredis'
import { type Context, patience } from '../context.ts'
import { loadProgram } from '../http.ts'
import { requestBytes } from '../load.ts'
import { walkGoalPages, walkTaskPages } from '../pages.ts'
import { type Program, startApi, startBaseline } from '../programs.ts'
import { compare, type Section } from '../report.ts'
import { createRequestCosts } from '../request-costs.ts'
import { helloRequest, requestsAs, takeRows, walkRows } from '../requests.ts'
import { interleave, warmUp } from '../rounds.ts'
import { goalId } from '../script.ts'
import { seeded, taskRanges } from '../seed.ts'
import { targets } from '../targets.ts'

/** Measures reads with a token and an access check, from the cache and past it. */
export async function read(context: Context): Promise<Section> {
  const [redisGet, drizzleList, limitedApi, unlimitedApi] = [
    await startBaseline(context.servers, 'redis-get'),
    await startBaseline(context.servers, 'drizzle-list'),
    await startApi(context.servers, { ...patience, RATE_LIMITS: 'user=900000000/60' }),
    await startApi(context.servers, patience),
  ]
  const programs = { redisGet, drizzleList, limitedApi, unlimitedApi }
  try {
    return await measure(context, programs)
  } finally {
    await Promise.all(Object.values(programs).map((program) => program.stop()))
  }
}

/** The API without a limit is as young as the one with it: an older one runs better compiled code. */
type Programs = { redisGet: Program; drizzleList: Program; limitedApi: Program; unlimitedApi: Program }

async function measure(context: Context, programs: Programs): Promise<Section> {
  const { redisGet, drizzleList, limitedApi, unlimitedApi } = programs
  const { api, hello, rounds, rows, token } = context
  const bytes = await seedRedis(context)
  const requests = requestsAs(token)
  const [nextHot, nextAny] = [walkRows(seeded.hot), walkRows(seeded.http)]
  const [goalPage, taskPage] = [await walkGoalPages(context), await walkTaskPages(context)]
  const cold = takeRows(taskRanges(rows).cold, rounds)
  const costsOf = ({ pid }: Program) =>
    createRequestCosts({ 'the load': process.pid, 'the server': pid, ...context.servers.pids })
  const costs = {
    'GET hello': costsOf(hello),
    'first read of a task': costsOf(api),
    'a page of goals': costsOf(api),
    'a page of goals with Drizzle': costsOf(drizzleList),
    'a page of tasks': costsOf(api),
    'a page of tasks with Drizzle': costsOf(drizzleList),
  }
  const load = (program: Program, next: () => Buffer | undefined, expect = 200) =>
    loadProgram(context, { program, expect, next })
  const measured = (what: keyof typeof costs, program: Program, next: () => Buffer | undefined) => () =>
    costs[what].measureRate(() => load(program, next))
  const nextCold = () => {
    const row = cold.next()
    return row === undefined ? undefined : requests.readTask(row)
  }
  const loads = {
    goal: () => load(api, () => requests.readGoal(nextHot().row)),
    limited: () => load(limitedApi, () => requests.readGoal(nextHot().row)),
    unlimited: () => load(unlimitedApi, () => requests.readGoal(nextHot().row)),
    unchanged: () => load(api, () => requests.readGoal(nextHot().row, { 'if-none-match': '"1"' }), 304),
    past: () => load(api, () => requests.readGoal(nextAny().row, {}, '?includeDeleted=true')),
    cold() {
      cold.startRun()
      return measured('first read of a task', api, nextCold)()
    },
    list: () => load(api, () => requests.listGoals()),
    goalPage: measured('a page of goals', api, () => requests.listGoals(`&cursor=${goalPage().cursor}`)),
    taskPage: measured('a page of tasks', api, () => {
      const { goal, cursor } = taskPage()
      return requests.listTasks(goal, cursor)
    }),
    hello: measured('GET hello', hello, () => helloRequest),
    redisGet: () => load(redisGet, () => get(`/goals/${goalId(nextHot().row)}`)),
    drizzleGoals: measured('a page of goals with Drizzle', drizzleList, () => get(`/goals?${goalPage().query}`)),
    drizzleTasks: measured('a page of tasks with Drizzle', drizzleList, () => get(`/tasks?${taskPage().query}`)),
  }
  const young = ['limited', 'unlimited', 'past', 'goalPage', 'hello', 'redisGet', 'drizzleGoals'] as const
  await warmUp(young.map((name) => loads[name]))
  for (const each of Object.values(costs)) each.clear()
  const samples = await interleave(loads, { rounds, warmUp: false })
  const row = (measured: string, of: keyof typeof samples, against: string, baseline: keyof typeof samples) =>
    compare({ measured, against, of: samples[of], baseline: samples[baseline] })
  const [bare, naive] = ['bare Fastify, GET hello', 'prepared Drizzle select, schema serializer, no token']
  const target = targets.missedList
  return {
    title: 'Read',
    note: [
      `Goals of about ${Math.round((bytes / 1024) * 10) / 10} KiB, and ${rows} tasks.`,
      'The tasks of a goal are scattered on disk.',
      'Each request to the API has a token, and its access is checked.',
      'CPU per request in µs:',
      ...Object.entries(costs).map(([what, each]) => `- ${what}: ${each.describe()}`),
    ].join('\n'),
    rows: [
      row('GET /v1/goals/{id}, cached', 'goal', bare, 'hello'),
      row('GET /v1/goals/{id}, cached', 'goal', 'bare Fastify, ioredis GET, no token', 'redisGet'),
      {
        ...row('the same with a rate limit', 'limited', 'another process without one', 'unlimited'),
        target: targets.limitedRead,
      },
      row('the same with If-None-Match: 304', 'unchanged', bare, 'hello'),
      row('GET /v1/goals/{id}, past the cache', 'past', bare, 'hello'),
      { ...row('GET /v1/tasks/{id}, first read of each task', 'cold', bare, 'hello'), target: targets.coldGet },
      row('GET /v1/goals?limit=50, cached', 'list', naive, 'drizzleGoals'),
      { ...row('a later page of 50 goals, which is not cached', 'goalPage', naive, 'drizzleGoals'), target },
      { ...row('a later page of 50 tasks, which is not cached', 'taskPage', naive, 'drizzleTasks'), target },
    ],
  }
}

const get = (path: string) => requestBytes({ method: 'GET', path })

/** Writes the JSON of one goal to the key of each hot goal of the bare read. @returns its bytes */
async function seedRedis({ api, servers, token }: Context): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${api.port}/v1/goals/${goalId(1)}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const text = await response.text()
  const redis = new Redis(servers.redisUrl)
  const keys = Array.from({ length: seeded.hot[1] }, (_, i) => `bench:${goalId(i + 1)}`)
  await redis.mset(Object.fromEntries(keys.map((key) => [key, text])))
  redis.disconnect()
  return Buffer.byteLength(text)
}
