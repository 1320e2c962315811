import { randomBytes } from 'node:crypto'
import { ownRedis, until } from '@goals-tasks/devstack/testing'
import { startOperations } from '@goals-tasks/operations/testing'
import { expect, onTestFinished, test } from 'vitest'
import { brokenSetUps, connectTo, type SetUp } from '../support/broken-set-ups.ts'
import { askDoctor, askStatus, recordWorker } from '../support/set-up.ts'

/** The servers of the tests trade durability for speed, and have no standby and no memory limit. */
const ofTestServers = ['Postgres: durability', 'Postgres: synchronous standby', 'Redis: eviction']

/** Starts a set-up that is in order. */
async function startSetUp() {
  const { url } = await ownRedis()
  const operations = await startOperations({ redisUrl: url })
  const redis = await connectTo(url)
  onTestFinished(() => redis.disconnect())
  await until(() => operations.queues.available())
  await recordWorker(operations)
  return {
    operations,
    redis,
    environment: { ...operations.environment, SECRETS_KEY: randomBytes(32).toString('base64') },
  }
}

test('status and doctor name nothing when the set-up is in order', async () => {
  const { operations, environment } = await startSetUp()
  await operations.createGoal()
  const [status, doctor] = await Promise.all([askStatus(environment), askDoctor(environment)])
  expect(status).toEqual({ code: 0, faults: [] })
  expect(doctor.findings.map(({ check }) => check)).toEqual(ofTestServers)
})

test.for(Object.entries(brokenSetUps))(
  'status and doctor name the fault when %s',
  async ([, setUp]: [string, SetUp]) => {
    const { operations, redis, environment } = await startSetUp()
    const broken = { ...environment, ...(await setUp.breakIt(operations, redis)) }
    const [status, doctor] = await Promise.all([askStatus(broken), askDoctor(broken)])
    expect(status).toEqual({
      code: setUp.status.code,
      faults: setUp.status.faults.map((fault) => expect.stringMatching(fault)),
    })
    const isExpected = (check: string) => setUp.doctor.findings.some(([expected]) => expected === check)
    const found = doctor.findings.filter(({ check }) => isExpected(check) || !ofTestServers.includes(check))
    expect(found.map(({ check, fix }) => [check, fix])).toEqual(
      setUp.doctor.findings.map(([check, fix]) => [check, expect.stringMatching(fix)]),
    )
    const hasProblem = doctor.findings.some(({ state }) => state === 'problem')
    expect(doctor.code).toBe(hasProblem ? 1 : 0)
  },
)
