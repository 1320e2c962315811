import { randomUUID } from 'node:crypto'
import { freshDatabase, freshRedis, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { type ApiProcess, startApiProcess } from '../support/api-process.ts'
import { signToken } from '../support/token.ts'

/** Lists goals and then tasks as a user. Returns the status of each response, and the policy of a refusal. */
async function listBoth({ url }: ApiProcess, token: string): Promise<string[]> {
  const outcomes: string[] = []
  for (const path of ['/v1/goals', '/v1/tasks']) {
    const response = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } })
    const { policy = '' } = (await response.json()) as { policy?: string }
    outcomes.push(`${response.status} ${policy}`.trim())
  }
  return outcomes
}

/** Returns how many requests each process has counted alone, because Redis did not answer it in time. */
const localCounts = (apis: readonly ApiProcess[]) =>
  Promise.all(
    apis.map(async ({ probeUrl }) => {
      const metrics = await (await fetch(`${probeUrl}/metrics`)).text()
      const [, count] = /^gt_rate_limit_local_total (.*)$/m.exec(metrics) ?? expect.fail('the metric is missing')
      return Number(count)
    }),
  )

test('50 clients of a user on two processes get exactly the quota', async () => {
  const place = { database: await freshDatabase(), redis: freshRedis() }
  // The quota refills by one unit in more than an hour. A list costs two.
  const start = () => startApiProcess(place, { RATE_LIMITS: 'user=20/86400' })
  const apis = await Promise.all([start(), start()])
  const [one, other] = apis
  let outcomes: string[] = []
  // A process counts alone when Redis takes more than 50 ms. Then the burst is repeated, as another user.
  await until(async () => {
    const token = await signToken(randomUUID(), 'goals:read tasks:read')
    const before = await localCounts(apis)
    const clients = Array.from({ length: 50 }, (_, i) => listBoth(i % 2 ? one : other, token))
    outcomes = (await Promise.all(clients)).flat()
    expect(await localCounts(apis)).toEqual(before)
    return true
  })
  const counts = [...Map.groupBy(outcomes, (outcome) => outcome)].map(([outcome, { length }]) => [outcome, length])
  expect(Object.fromEntries(counts)).toEqual({ '200': 10, '429 user': 90 })
})
