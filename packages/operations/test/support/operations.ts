import { createCommit, createDatabase, moveToDeadLetters } from '@goals-tasks/db'
import { committedOf } from '@goals-tasks/db/testing'
import { freshDatabase, freshRedis, until } from '@goals-tasks/devstack/testing'
import { type ConsumerName, connectProducer, mirrorDeadLetters } from '@goals-tasks/events'
import { newGoal } from '@goals-tasks/events/testing'
import { test as base, onTestFinished } from 'vitest'
import { openQueues } from '../../src/queues.ts'

export type Operations = Awaited<ReturnType<typeof createOperations>>
type Options = { redisUrl?: string | undefined }

/** A test with `operations`: a database and queues that the tests of one file share. */
// biome-ignore lint/correctness/noEmptyPattern: Vitest requires a destructuring pattern here.
export const operationsTest = base.extend('operations', { scope: 'file' }, async ({}, { onCleanup }) => {
  const operations = await createOperations()
  onCleanup(operations.close)
  return operations
})

/** Creates a database and queues for the current test, on the given Redis or the shared one. */
export async function startOperations(options: Options = {}): Promise<Operations> {
  const operations = await createOperations(options)
  onTestFinished(operations.close)
  return operations
}

/** Creates a database and a queue prefix that no other test uses. The caller closes them. */
export async function createOperations({ redisUrl }: Options = {}) {
  const { url: sharedRedisUrl, prefix } = freshRedis()
  const { url } = await freshDatabase()
  const database = createDatabase({ url, poolSize: 4, name: 'test', onError: () => undefined })
  const { pool } = database
  // The database is a copy of one that was migrated at the start of the run, so its reminders may be minutes late.
  await pool.query('update reminder_progress set made_until = now()')
  const environment = { DATABASE_URL: url, REDIS_URL: redisUrl ?? sharedRedisUrl, QUEUE_PREFIX: prefix }
  const redis = connectProducer(environment.REDIS_URL, () => undefined)
  const queues = openQueues(redis, prefix)
  if (!redisUrl) await until(() => queues.available())

  /** Commits a goal and returns its event. */
  async function createGoal() {
    const values = newGoal({ title: 'a goal' })
    const metadata = { types: ['goal:created'], actorId: values.userId } as const
    const committed = committedOf(await createCommit(pool, () => undefined).createGoal({ values, metadata }))
    const [event] = committed.events
    if (!event) throw new Error('The commit returned no event.')
    return event
  }

  /** Commits a goal and moves its delivery at the consumer to the dead letters, as a worker does. */
  async function createDeadLetter(consumer: ConsumerName, error = 'it broke') {
    const { id: eventId, type, aggregateId } = await createGoal()
    const id = await moveToDeadLetters(pool, { consumer, eventId, error })
    if (!id) throw new Error('The delivery did not become a dead letter.')
    const mirrored = { id, eventId, type, aggregateId, error, diedAt: new Date().toISOString() }
    if (queues.available()) await mirrorDeadLetters(queueOf(consumer).dead, [mirrored])
    return { id, eventId, aggregateId }
  }

  function queueOf(consumer: ConsumerName) {
    const entry = queues.find(consumer)
    if (!entry) throw new Error(`No queue belongs to ${consumer}.`)
    return entry
  }

  async function close(): Promise<void> {
    // The connection goes first: the queues would wait for a Redis that does not answer.
    redis.disconnect()
    await Promise.allSettled([queues.close(), database.close()])
  }

  /** `environment` configures a process for the same database and queues. */
  return { pool, queues, environment, createGoal, createDeadLetter, queueOf, close }
}
