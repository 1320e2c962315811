import { freshRedis, startTcpProxy, until } from '@goals-tasks/devstack/testing'
import { userScopes } from '@goals-tasks/http'
import { expect, onTestFinished, test } from 'vitest'
import { readRateLimits } from '../../src/rate-limits.ts'
import { startTestApp } from '../support/test-app.ts'
import { signToken } from '../support/token.ts'

test('the rate limit adds no round trip to a cached read: both are sent before Redis replies', async () => {
  const redis = freshRedis()
  const proxy = await startTcpProxy(redis.url)
  const rateLimits = readRateLimits(['user=100000/86400'])
  const api = await startTestApp({ redis: { ...redis, url: proxy.url }, rateLimits })
  onTestFinished(() => api.close())
  const user = await api.as()
  const goal = await user.createGoal()
  const address = `${await api.listen()}/v1/goals/${goal.id}`
  const headers = { authorization: `Bearer ${await signToken(user.id, userScopes.join(' '))}` }

  /** Reads the goal. Returns whether the cache had it and the shared bucket had the unit. */
  async function isServedByRedis(hold?: () => void): Promise<boolean> {
    const { hits } = await api.cache.getStats()
    const { local } = api.limiter.counters
    hold?.()
    const response = await fetch(address, { headers })
    proxy.release()
    expect([response.status, response.headers.get('ratelimit')]).toEqual([200, expect.stringMatching(/^"user";/)])
    return (await api.cache.getStats()).hits === hits + 1 && api.limiter.counters.local === local
  }

  await until(() => isServedByRedis())
  const keys = [`:rate:user:${user.id}`, `:goal:${goal.id}`]
  const hold = () => proxy.holdReplies((commands) => keys.every((key) => commands.includes(key)))
  // A command of a second round trip would come too late: the first one gets no reply before it.
  await until(() => isServedByRedis(hold), {
    describe: 'a GET reads the cache and takes its unit before Redis replies',
  })
})
