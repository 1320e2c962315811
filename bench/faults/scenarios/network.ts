import { setTimeout as sleep } from 'node:timers/promises'
import type { TcpProxy } from '@goals-tasks/devstack/testing'
import type { Environment } from '../environment/environment.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'

export const networkScenarios: readonly Scenario[] = [
  { name: 'network-delays', boundSeconds: 90, inject: delay },
  { name: 'network-resets', boundSeconds: 90, inject: disturb('reset') },
  { name: 'network-half-closes', boundSeconds: 90, inject: disturb('halfClose') },
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
