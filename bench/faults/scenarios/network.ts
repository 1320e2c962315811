import { setTimeout as sleep } from 'node:timers/promises'
import { startTcpProxy, type TcpProxy } from '@goals-tasks/devstack/testing'
import type { Environment } from '../environment/environment.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'

export const networkScenarios: readonly Scenario[] = [
  { name: 'network-delays', boundSeconds: 90, inject: delay },
  { name: 'network-resets', boundSeconds: 90, inject: disturb('reset') },
  { name: 'network-half-closes', boundSeconds: 90, inject: disturb('halfClose') },
  { name: 'responses-lost', isQuick: true, boundSeconds: 90, inject: loseResponses },
]

/** Delays every chunk in both directions, more than the cache waits for Redis. */
async function delay({ postgres, redis }: Environment, random: Random): Promise<void> {
  for (let round = 0; round < 8; round++) {
    postgres.proxy.delay(random.integer(0, 100))
    redis.proxy.delay(random.integer(0, 150))
    await sleep(1_500)
  }
  for (const { proxy } of [postgres, redis]) proxy.delay(0)
}

function disturb(how: keyof Pick<TcpProxy, 'reset' | 'halfClose'>): Scenario['inject'] {
  return async ({ postgres, redis }, random) => {
    for (let round = 0; round < 10; round++) {
      random.pick([postgres.proxy, redis.proxy])[how]()
      await sleep(random.integer(200, 1_500))
    }
  }
}

/** Resets the connections of the clients, so that they do not learn the outcomes of the requests that are running. */
async function loseResponses(environment: Environment, random: Random): Promise<void> {
  const [first, second] = await Promise.all(
    environment.apis.map(async (api) => {
      const proxy = await startTcpProxy(api.url)
      return { ...api, url: new URL(proxy.url).origin, proxy }
    }),
  )
  if (!first || !second) throw new Error('two APIs are needed')
  environment.rotation = () => [first, second]
  for (let round = 0; round < 30; round++) {
    await sleep(random.integer(50, 200))
    random.pick([first, second]).proxy.reset()
  }
  environment.rotation = () => environment.apis
}
