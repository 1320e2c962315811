import { randomUUID } from 'node:crypto'
import { Writable } from 'node:stream'
import { connectCache, createInvalidation } from '@goals-tasks/cache'
import { createCommit, createDatabase, type GoalState, type TaskState } from '@goals-tasks/db'
import { freshDatabase, freshRedis, until } from '@goals-tasks/devstack/testing'
import {
  type CommittedEvent,
  type ConsumerName,
  connectProducer,
  connectWorker,
  consumerNames,
  createDispatcher,
  type EventType,
  type Goal,
  openQueue,
  type Policies,
  policies,
  type Task,
} from '@goals-tasks/events'
import { createRegistry } from '@goals-tasks/observability'
import type pg from 'pg'
import pino from 'pino'
import { onTestFinished } from 'vitest'
import { consumers } from '../src/consumers/index.ts'
import type { Consumers } from '../src/consumers/types.ts'
import { type Timings, timings } from '../src/runtime/timings.ts'
import { createWorker } from '../src/worker.ts'

export type LogLine = { level: string; msg: string; consumer?: string; eventId?: string; attempt?: number } & Record<
  string,
  unknown
>

/** A database, a part of the Redis, and loggers whose lines can be read; all of it goes with the test. */
export async function createInstallation(own: { databaseUrl?: string; redisUrl?: string } = {}) {
  const url = own.databaseUrl ?? (await freshDatabase()).url
  const { url: sharedRedis, prefix } = freshRedis()
  const redisUrl = own.redisUrl ?? sharedRedis
  const database = createDatabase({ url, poolSize: 10, name: 'test', onError: () => undefined })
  const producer = connectProducer(redisUrl, () => undefined)
  const lines: LogLine[] = []
  const log = collectLog(lines)
  const dispatcher = createDispatcher({ connection: producer, prefix, log })
  const closing: (() => Promise<unknown>)[] = []
  onTestFinished(async () => {
    await Promise.all(closing.map((close) => close()))
    await dispatcher.close()
    producer.disconnect()
    await database.close()
  })
  // What is nudged before that is left to the sweeper, which a test has no time for. A Redis of the test's own may be away.
  if (own.redisUrl === undefined) await until(() => producer.status === 'ready')
  return {
    url,
    redisUrl,
    prefix,
    pool: database.pool,
    producer,
    dispatcher,
    lines,
    log,
    /** Closes before everything else when the test has finished. */
    closeFirst: (close: () => Promise<unknown>) => void closing.unshift(close),
  }
}
export type Installation = Awaited<ReturnType<typeof createInstallation>>

function collectLog(lines: LogLine[]) {
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  return pino({ level: 'debug', formatters: { level: (label) => ({ level: label }) } }, sink)
}

type TestWorker = {
  serve?: readonly ConsumerName[]
  consumers?: Partial<Consumers>
  policies?: Partial<Policies>
  timings?: Partial<Timings>
  syncUrl?: string
  cacheUrl?: string
  onStuck?: (consumer: ConsumerName) => void
}

/** A worker inside of the test. */
export function startWorker(on: Installation, options: TestWorker = {}) {
  const database = createDatabase({ url: on.url, poolSize: 10, name: 'test worker', onError: () => undefined })
  const redis = {
    producer: connectProducer(on.redisUrl, () => undefined),
    worker: connectWorker(on.redisUrl, () => undefined),
  }
  const cache = connectCache(options.cacheUrl ?? on.redisUrl, () => undefined)
  const registry = createRegistry()
  const worker = createWorker({
    serve: options.serve ?? consumerNames,
    consumers: { ...consumers, ...options.consumers },
    policies: { ...policies, ...options.policies },
    timings: { ...timings, ...options.timings },
    pool: database.pool,
    redis,
    queuePrefix: on.prefix,
    retentionDays: 30,
    deps: {
      invalidate: createInvalidation({ redis: cache, prefix: on.prefix }),
      sync: { url: options.syncUrl, source: '/test' },
    },
    registry,
    log: on.log,
    onStuck: options.onStuck ?? (() => undefined),
  })
  let closed: Promise<void> | undefined
  const close = async () => {
    await worker.close()
    for (const connection of [redis.producer, redis.worker, cache]) connection.disconnect()
    await database.close()
  }
  const closeOnce = () => {
    closed ??= close()
    return closed
  }
  on.closeFirst(closeOnce)
  return { registry, close: closeOnce }
}

/** A consumer's queue, to look into; it closes with the test. */
export function queueOf(on: Installation, consumer: ConsumerName) {
  const queue = openQueue(on.producer, on.prefix, consumer)
  queue.on('error', () => undefined)
  on.closeFirst(() => queue.close())
  return queue
}

/** A policy that fails quickly. */
export const hasty = (attempts = 3) => ({ attempts, backoff: { baseMs: 5, capMs: 20 }, concurrency: 4, lockMs: 30_000 })

export type Change<E> = { entity: E; events: readonly CommittedEvent[] }
type By = { actorId?: string; correlationId?: string; extra?: readonly EventType[] }

/** Writes as the API does, without enqueueing: `events` are for the dispatcher. */
export function createWriter(pool: pg.Pool) {
  const commit = createCommit(pool, () => undefined)
  const metadataOf = (types: readonly EventType[], { actorId, correlationId, extra = [] }: By, fallback: string) => ({
    types: [...types, ...extra],
    actorId: actorId ?? fallback,
    // Only an administrator changes rows of other users.
    asAdmin: actorId !== undefined && actorId !== fallback,
    correlationId,
  })
  const parsed = <E>(committed: { text: string; events: readonly CommittedEvent[] } | null): Change<E> => {
    if (!committed) throw new Error('nothing was committed')
    return { entity: JSON.parse(committed.text), events: committed.events }
  }
  return {
    async goal(userId: string = randomUUID(), title = 'a goal'): Promise<Change<Goal>> {
      const values = { id: randomUUID(), userId, title, description: null, priority: 'LOW', targetDate: null } as const
      return parsed(
        await commit.createGoal({
          values: { ...values, category: null, tags: [], metadata: {} },
          metadata: metadataOf(['goal:created'], {}, userId),
        }),
      )
    },
    async changeGoal(goal: Goal, change: Partial<GoalState>, by: By = {}): Promise<Change<Goal>> {
      return parsed(
        await commit.updateGoal({
          values: { ...goal, ...change },
          metadata: metadataOf(['goal:updated'], by, goal.userId),
        }),
      )
    },
    async task(goal: Goal, given: { assignedTo?: string; title?: string } = {}, by: By = {}): Promise<Change<Task>> {
      return parsed(
        await commit.createTask({
          values: {
            id: randomUUID(),
            goalId: goal.id,
            userId: goal.userId,
            assignedTo: given.assignedTo ?? null,
            title: given.title ?? 'a task',
            description: null,
            priority: 'LOW',
            dueDate: null,
            dueAt: null,
            dueZone: null,
            estimatedHours: null,
            actualHours: null,
            tags: [],
            metadata: {},
          },
          metadata: metadataOf(['task:created'], by, goal.userId),
        }),
      )
    },
    /** As the consumers hear of a move: by its event. */
    async moveTask(task: Task, to: Goal): Promise<Change<Task>> {
      const moved = await this.changeTask(task, { title: 'moved' })
      await pool.query(
        `update events set after = jsonb_set(after::jsonb, '{goalId}', to_jsonb($2::text))::json where id = $1`,
        [moved.events[0]?.id, to.id],
      )
      return moved
    },
    async changeTask(task: Task, change: Partial<TaskState>, by: By = {}): Promise<Change<Task>> {
      return parsed(
        await commit.updateTask({
          values: { ...task, ...change, requireNoDependents: false },
          metadata: metadataOf(['task:updated'], by, task.ownerId),
        }),
      )
    },
  }
}

/** New goals, not enqueued. */
export async function writeGoals(on: Installation, count: number): Promise<CommittedEvent[]> {
  const write = createWriter(on.pool)
  const events: CommittedEvent[] = []
  for (let i = 0; i < count; i++) events.push(...(await write.goal()).events)
  return events
}

/** What is unfinished, by consumer. */
export async function pendingDeliveries(pool: pg.Pool): Promise<Record<string, number>> {
  const { rows } = await pool.query(`select consumer, count(*)::int as count from deliveries group by consumer`)
  return Object.fromEntries(rows.map((row) => [row.consumer, row.count]))
}

export const countRows = async (pool: pg.Pool, from: string): Promise<number> =>
  (await pool.query(`select count(*)::int as count from ${from}`)).rows[0].count
