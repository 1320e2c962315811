import { randomInt, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cleanUp, type Program, startProcess, until } from '@goals-tasks/devstack/testing'
import type { Goal, Task } from '@goals-tasks/events'
import pMap from 'p-map'
import { expect } from 'vitest'
import type { Installation } from '../support/installation.ts'
import { countRows, makeDue } from '../support/rows.ts'
import { loadRun, startRun } from '../support/sync-runs.ts'
import { test } from '../support/test.ts'
import { secretsKey } from '../support/test-worker.ts'
import { insertWebhook } from '../support/webhooks.ts'
import { createWriter } from '../support/writer.ts'

const [goalCount, tasksPerGoal, kills] = [400, 4, 4]
const maxPending = 40

const startWorkerProcess = ({ url, redisUrl, prefix }: Installation): Program =>
  startProcess('apps/worker/src/main.ts', {
    ...{ DATABASE_URL: url, REDIS_URL: redisUrl, QUEUE_PREFIX: prefix, CACHE_PREFIX: prefix, PROBE_PORT: '0' },
    ...{ WORKER_CONSUMERS: 'sync', WEBHOOK_ALLOW_NETWORKS: 'loopback', SECRETS_KEY: secretsKey.toString('base64') },
  })

type Message = { id: string; type: string; subject: string; aggregateversion: number; data: { after: Goal | Task } }

/** A receiver that keeps the state with the greatest version of each entity, as the documentation advises. */
async function startCopy() {
  const states = new Map<string, Goal | Task>()
  const synced = new Set<string>()
  const contentsOf = new Map<string, Set<string>>()
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const { id, type, subject, aggregateversion, data }: Message = JSON.parse(text)
    const content = `${type} ${subject} ${aggregateversion}`
    contentsOf.set(id, (contentsOf.get(id) ?? new Set()).add(content))
    if (type.endsWith(':synced')) synced.add(subject)
    if (type !== 'sync:completed' && (states.get(subject)?.version ?? 0) < aggregateversion)
      states.set(subject, data.after)
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(async () => void server.close().closeAllConnections())
  return { states, synced, contentsOf, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

type Entities = { goals: Goal[]; tasks: Task[] }

async function createEntities({ pool }: Installation, ownerId: string): Promise<Entities> {
  const write = createWriter(pool)
  const numbers = Array.from({ length: goalCount }, (_, n) => n)
  const goals = await pMap(numbers, async (n) => (await write.goal(ownerId, `goal ${n}`)).entity, { concurrency: 10 })
  const parents = goals.flatMap((goal) => Array.from({ length: tasksPerGoal }, () => goal))
  const tasks = await pMap(parents, async (goal) => (await write.task(goal)).entity, { concurrency: 10 })
  return { goals, tasks }
}

/** Changes goals and tasks and creates new ones until `isOver`, with a bounded backlog. */
async function load({ pool, dispatcher }: Installation, entities: Entities, isOver: () => boolean) {
  const write = createWriter(pool)
  for (let i = 0; !isOver(); i++) {
    await until(async () => isOver() || (await countRows(pool, `deliveries where target <> ''`)) < maxPending)
    const [g, t] = [randomInt(entities.goals.length), randomInt(entities.tasks.length)]
    const [goal, task] = [entities.goals[g], entities.tasks[t]]
    if (!goal || !task) continue
    const changedGoal = await write.changeGoal(goal, { title: `goal ${i}` })
    const changedTask = await write.changeTask(task, { title: `task ${i}` })
    const created = await write.task(goal, { title: `new ${i}` })
    entities.goals[g] = changedGoal.entity
    entities.tasks[t] = changedTask.entity
    dispatcher.dispatch([changedGoal, changedTask, created].flatMap(({ events }) => events))
  }
}

/** Lets the leases of a dead worker pass. A Redis without jobs makes the sweeper enqueue everything. */
async function skipLeases({ pool, producer, prefix }: Installation): Promise<void> {
  const keys = await producer.keys(`{${prefix}:sync}*`)
  if (keys.length > 0) await producer.unlink(keys)
  await pool.query('update sync_runs set leased_until = null')
  await makeDue(pool)
}

test('the copy of a receiver equals the database when workers are killed again and again during a sync run', async ({
  installation,
}) => {
  const { pool } = installation
  const ownerId = randomUUID()
  const entities = await createEntities(installation, ownerId)
  const ids = [...entities.goals, ...entities.tasks].map(({ id }) => id)
  const copy = await startCopy()
  const webhook = await insertWebhook(pool, { ownerId, url: copy.url })
  // The other consumers, and the target of SYNC_URL, have no worker here.
  await pool.query(`update receivers set is_present = false where consumer = 'sync'`)
  await pool.query(`delete from deliveries`)
  const workers = [startWorkerProcess(installation), startWorkerProcess(installation)]
  await Promise.all(workers.map((worker) => worker.waitForLog((line) => line.msg === 'ready')))
  const runId = await startRun(pool, { id: webhook.id, ownerId })
  let isOver = false
  const loading = load(installation, entities, () => isOver)
  for (let kill = 1; kill <= kills; kill++) {
    const enough = Math.floor((ids.length * kill) / (kills + 1)) + randomInt(100)
    await until(() => copy.synced.size > enough)
    const [killed] = workers.splice(randomInt(workers.length), 1, startWorkerProcess(installation))
    killed?.kill('SIGKILL')
    await killed?.exit
    await skipLeases(installation)
  }
  await until(async () => (await loadRun(pool, runId)).state === 'completed')
  isOver = true
  await loading
  await until(async () => (await countRows(pool, `deliveries where target <> ''`)) === 0)

  const { rows } = await pool.query(
    `select id, version, title from goals where user_id = $1 union all
     select id, version, title from tasks where owner_id = $1 order by id`,
    [ownerId],
  )
  const copied = [...copy.states.values()].map(({ id, version, title }) => ({ id, version, title }))
  expect(copied.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(rows)
  expect(ids.filter((id) => !copy.synced.has(id))).toEqual([])
  // A repeated message has its id again, and no other message has it.
  for (const contents of copy.contentsOf.values()) expect(contents.size).toBe(1)
  expect(await loadRun(pool, runId)).toMatchObject({
    ...{ total: ids.length, goals: goalCount, tasks: goalCount * tasksPerGoal, failures: 0 },
  })
  expect(await countRows(pool, 'dead_letters')).toBe(0)
})
