import { randomUUID } from 'node:crypto'
import { connectCache } from '@goals-tasks/cache'
import { until } from '@goals-tasks/devstack/testing'
import { connectProducer, consumerNames } from '@goals-tasks/events'
import { expect, onTestFinished } from 'vitest'
import { type DoctorSources, runDoctor } from '../../src/doctor/run-doctor.ts'
import { openQueues } from '../../src/queues.ts'
import type { Operations } from './operations.ts'

/** Returns the beat of a worker that serves every consumer. */
export const worker = (more: object = {}) => ({
  ...{ id: randomUUID(), role: 'worker', consumers: [...consumerNames], version: '1.2.3', host: 'a-host', pid: 7 },
  ...{ poolSize: 10, startedAtMs: Date.now(), ...more },
})

/** Connects to the servers of the operations, or to another Redis. Closes with the test. */
export async function openSources(operations: Operations, redisUrl = operations.environment.REDIS_URL) {
  const prefix = operations.environment.QUEUE_PREFIX
  const connection = connectProducer(redisUrl, () => undefined)
  const cacheRedis = connectCache(redisUrl, () => undefined)
  const queues = openQueues(connection, prefix)
  onTestFinished(async () => {
    connection.disconnect()
    cacheRedis.disconnect()
    await queues.close()
  })
  await until(() => connection.status === 'ready' && cacheRedis.status === 'ready')
  const sources: DoctorSources = {
    pool: operations.pool,
    replica: { state: async () => null },
    redis: { connection, error: null, prefix, queues },
    cache: { redis: cacheRedis, prefix, error: null },
    hasOwnCache: false,
    jwksUrl: undefined,
    syncUrl: undefined,
    verifyMailServer: undefined,
    secretsKeys: [],
  }
  return { sources, connection }
}

/** Returns the findings that are problems, and fails when one has no fix. */
export async function problemsOf(sources: DoctorSources): Promise<string[]> {
  const findings = await runDoctor(sources)
  for (const { state, fix } of findings) expect(fix === null).toBe(state === 'ok')
  return findings.flatMap(({ check, state, fact }) => (state === 'problem' ? [`${check}: ${fact}`] : []))
}
