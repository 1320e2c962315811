import { randomUUID } from 'node:crypto'
import { createCommit, createDatabase, moveToDeadLetters } from '@goals-tasks/db'
import { freshDatabase, freshRedis, until } from '@goals-tasks/devstack/testing'
import { type ConsumerName, connectProducer, mirrorDeadLetters } from '@goals-tasks/events'
import { afterAll } from 'vitest'
import { openQueues } from '../../src/queues.ts'

/** Opens a database and queues of its own for a test file. Both close after its last test. */
export async function startOperations({ redisUrl }: { redisUrl?: string } = {}) {
  const { url: sharedRedisUrl, prefix } = freshRedis()
  const { url } = await freshDatabase()
  const database = createDatabase({ url, poolSize: 4, name: 'test', onError: () => undefined })
  const { pool } = database
  const environment = { DATABASE_URL: url, REDIS_URL: redisUrl ?? sharedRedisUrl, QUEUE_PREFIX: prefix }
  const redis = connectProducer(environment.REDIS_URL, () => undefined)
  const queues = openQueues(redis, prefix)
  if (!redisUrl) await until(() => queues.available())
  afterAll(async () => {
    await queues.close()
    redis.disconnect()
    await database.close()
  })

  /** Commits a goal and returns its event. */
  async function createGoal() {
    const actorId = randomUUID()
    const known = { id: randomUUID(), userId: actorId, title: 'a goal', priority: 'LOW' } as const
    const values = { ...known, description: null, targetDate: null, category: null, tags: [], metadata: {} }
    const metadata = { types: ['goal:created'], actorId } as const
    const committed = await createCommit(pool, () => undefined).createGoal({ values, metadata })
    const [event] = committed?.events ?? []
    if (!event) throw new Error('nothing was committed')
    return event
  }

  /** Makes a consumer give up a new event, as its worker would. */
  async function createDeadLetter(consumer: ConsumerName, error = 'it broke') {
    const { id: eventId, type, aggregateId } = await createGoal()
    const id = await moveToDeadLetters(pool, { consumer, eventId, error })
    if (!id) throw new Error('the delivery did not become a dead letter')
    const mirrored = { id, eventId, type, aggregateId, error, diedAt: new Date().toISOString() }
    if (queues.available()) await mirrorDeadLetters(queueOf(consumer).dead, [mirrored])
    return { id, eventId, aggregateId }
  }

  function queueOf(consumer: ConsumerName) {
    const entry = queues.find(consumer)
    if (!entry) throw new Error(`no queue of ${consumer}`)
    return entry
  }

  /** `environment` configures a process that looks at the same database and queues. */
  return { pool, queues, environment, createGoal, createDeadLetter, queueOf }
}
