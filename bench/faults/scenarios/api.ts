import { setTimeout as sleep } from 'node:timers/promises'
import type { Environment } from '../environment/environment.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'

export const apiScenarios: readonly Scenario[] = [
  { name: 'api-killed-often', boundSeconds: 90, inject: killApis(20) },
  { name: 'api-killed', isQuick: true, boundSeconds: 90, inject: killApis(4) },
  { name: 'api-killed-before-enqueue', isQuick: true, boundSeconds: 90, inject: killBeforeEnqueue },
]

/** Kills one of the APIs at random, again and again. */
function killApis(times: number): Scenario['inject'] {
  return async ({ apis }, random) => {
    for (let kill = 0; kill < times; kill++) {
      const api = random.pick(apis)
      await api.kill()
      await sleep(random.integer(500, 1_000))
      await api.untilReady()
      await sleep(random.integer(0, 700))
    }
  }
}

/**
 * Kills every API while Redis takes commands and runs none. The commits of that time have no job, and no process
 * remembers them.
 */
async function killBeforeEnqueue({ apis, redis }: Environment, _random: Random): Promise<void> {
  redis.pause()
  await sleep(1_500)
  await Promise.all(apis.map((api) => api.kill()))
  await redis.kill()
  await redis.start()
  await Promise.all(apis.map((api) => api.untilReady()))
}
