import { type LogLine, ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { expectedCommits, expectedOutcome } from '../support/processes/expected-outcome.ts'
import { installProcesses } from '../support/processes/process-installation.ts'
import { openQueues } from '../support/processes/process-queues.ts'
import { test } from '../support/processes/test.ts'

test('no event is lost or done twice when a worker is killed in the middle of its work', async ({ installation }) => {
  const queues = await openQueues(installation.redis)
  const [api, worker] = await Promise.all([installation.startApi(), installation.startWorker()])
  // The locked audit log makes the kill come between the start of a job and its commit.
  const holder = await installation.pool.connect()
  await holder.query('begin; lock table task_audit_log in exclusive mode')
  const load = installation.loadSample(api.url)
  await until(async () => (await installation.count('notifications')) > 0)
  await until(async () => (await installation.countWaitingForLockOn('task_audit_log')) > 0)
  worker.kill('SIGKILL')
  await worker.exit
  await holder.query('rollback')
  holder.release()
  expect(await queues.countActive('audit-log')).toBeGreaterThan(0)
  await installation.untilCommitted(expectedCommits)
  expect(await installation.pending()).toHaveProperty('audit-log')

  await installation.endLeases()
  await queues.endLocks()
  await installation.startWorker()
  expect(await load.outcome()).toMatchObject(expectedOutcome)
})

const isAnsweredWrite = (line: LogLine) => line.msg === 'request' && line.method !== 'GET' && Number(line.status) < 300

test('no event is lost when an API is killed between its commits and their enqueueing', async () => {
  const redis = await ownRedis()
  const installation = await installProcesses({ redis: { url: redis.url, prefix: 'killed' } })
  const api = await installation.startApi()
  // The paused Redis receives the API's commands and runs none of them. The kill below discards them.
  redis.pause()
  const load = installation.loadSample(api.url)
  // A commit is visible a moment before its response. The loader must have received the last response.
  await until(() => api.process.logs.filter(isAnsweredWrite).length === expectedOutcome.writes)
  api.process.kill('SIGKILL')
  await api.process.exit
  await redis.kill()
  await redis.start()
  expect(await (await openQueues(installation.redis)).countJobs()).toBe(0)

  await installation.endLeases()
  const worker = await installation.startWorker()
  expect(await load.outcome()).toMatchObject(expectedOutcome)
  expect(worker.logs.some((line) => line.msg === 'events enqueued again')).toBe(true)
})
