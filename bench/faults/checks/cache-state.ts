import { until } from '@goals-tasks/devstack/testing'
import { readCacheState } from '../environment/cache-state.ts'
import { type Check, problemOf } from './check.ts'

const timeoutMs = 10_000

/** Every API serves every key from the cache again. */
export const checkCacheState: Check = async ({ environment }) => {
  const problems = environment.apis.map(async (api) => {
    const isInUse = async () => {
      const { missedKeys, isBypassed } = await readCacheState(api)
      return missedKeys === 0 && !isBypassed
    }
    return until(isInUse, { timeoutMs }).then(
      () => [],
      () => [api.url],
    )
  })
  return problemOf('APIs that do not use the whole cache again', (await Promise.all(problems)).flat())
}
