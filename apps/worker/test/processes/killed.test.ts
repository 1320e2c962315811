import { type LogLine, ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { expectedCommits, expectedOutcome } from './expected-outcome.ts'
import { install } from './installation.ts'
import { openQueues } from './queues.ts'

test('a worker that is killed in the middle of its work loses nothing and does nothing twice', {
  timeout: 90_000,
}, async () => {
  const on = await install()
  const queues = await openQueues(on.redis)
  const [api, worker] = await Promise.all([on.startApi(), on.startWorker()])
  // The audit log cannot be written, so the kill comes between a job's beginning and its commit.
  const holder = await on.pool.connect()
  await holder.query('begin; lock table task_audit_log in exclusive mode')
  const load = on.loadSample(api.url)
  await until(async () => (await on.count('notifications')) > 0, { timeoutMs: 30_000 })
  await until(async () => (await on.count(waitingForTheLock)) > 0)
  worker.kill('SIGKILL')
  await worker.exit
  await holder.query('rollback')
  holder.release()
  expect(await queues.countActive('audit-log')).toBeGreaterThan(0)
  await on.untilCommitted(expectedCommits)
  expect(await on.pending()).toHaveProperty('audit-log')

  await on.leasesRunOut()
  await queues.locksRunOut()
  await on.startWorker()
  expect(await load.outcome()).toMatchObject(expectedOutcome)
})

const waitingForTheLock = `pg_locks where not granted and relation = 'task_audit_log'::regclass
  and database = (select oid from pg_database where datname = current_database())`

const isAnsweredWrite = (line: LogLine) => line.msg === 'request' && line.method !== 'GET' && Number(line.status) < 300

test('an API that is killed between its commits and their enqueueing loses nothing', { timeout: 90_000 }, async () => {
  const redis = await ownRedis()
  const on = await install({ url: redis.url, prefix: 'killed' })
  const api = await on.startApi()
  // It takes the API's commands and never acts on them; the kill takes them away for good.
  redis.pause()
  const load = on.loadSample(api.url)
  // Not before the last answer has left: what is committed is visible a moment earlier, and the loader would miss it.
  await until(() => api.process.logs.filter(isAnsweredWrite).length === expectedOutcome.writes, { timeoutMs: 30_000 })
  api.process.kill('SIGKILL')
  await api.process.exit
  await redis.kill()
  await redis.start()
  expect(await (await openQueues(on.redis)).countJobs()).toBe(0)

  await on.leasesRunOut()
  const worker = await on.startWorker()
  expect(await load.outcome()).toMatchObject(expectedOutcome)
  expect(worker.logs.some((line) => line.msg === 'events enqueued again')).toBe(true)
})
