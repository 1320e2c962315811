import { migrate } from '@goals-tasks/db'
import { type OwnServer, ownPostgres, ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { startApiProcess } from '../support/api-process.ts'
import { signToken } from '../support/token.ts'

/**
 * Starts an API whose queues and cache share one Redis. `load` sends a read that the cache cannot answer, and returns
 * its status.
 */
async function startApi() {
  const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
  await migrate(postgres.url)
  const { process: api, url } = await startApiProcess({ database: postgres, redis })
  const headers = { authorization: `Bearer ${await signToken(crypto.randomUUID(), 'goals:read')}` }
  const goals = `${url}/v1/goals`
  const load = async () => (await fetch(`${goals}?tag=${crypto.randomUUID()}`, { headers })).status
  return { api, load, postgres, redis }
}

/**
 * Kills the server while requests run, and starts it again. Returns the lines about it, without those of requests and
 * those that say whether the cache is used.
 */
async function interrupt({ api, load }: Awaited<ReturnType<typeof startApi>>, server: OwnServer, name: string) {
  const before = api.logs.length
  await server.kill()
  await until(async () => {
    await load()
    return api.logs.slice(before).some(({ msg }) => msg?.startsWith(`${name} does not answer`))
  })
  const statuses = [await load(), await load()]
  await server.start()
  await until(async () => (await load()) === 200)
  await api.waitForLog(({ msg }) => msg === `${name} is back`)
  const lines = api.logs.slice(before).filter(({ msg }) => msg !== 'request' && !msg?.startsWith('cache '))
  return { statuses, lines: lines.map(({ level, msg }) => `${level} ${msg}`) }
}

test('an API logs one pair of lines about an outage of each server, and no line per failed request', async () => {
  const installation = await startApi()
  const { postgres, redis } = installation
  expect(await interrupt(installation, redis, 'Redis')).toEqual({
    statuses: [200, 200],
    lines: ['warn Redis does not answer; events wait in Postgres, every read asks Postgres', 'info Redis is back'],
  })
  const { statuses, lines } = await interrupt(installation, postgres, 'Postgres')
  expect(statuses).toEqual([503, 503])
  expect(lines.filter((line) => line !== 'error request failed')).toEqual([
    'warn Postgres does not answer; every request gets 503',
    'info Postgres is back',
  ])
  // The first one may have found its connection lost before the outage was known.
  expect(lines.length).toBeLessThanOrEqual(3)
})
