import type { Scenario } from '../scenario.ts'
import { apiScenarios } from './api.ts'
import { clockScenarios } from './clock.ts'
import { networkScenarios } from './network.ts'
import { poisonScenarios } from './poison.ts'
import { postgresScenarios } from './postgres.ts'
import { redisScenarios } from './redis.ts'
import { replacedRedisScenarios } from './redis-replaced.ts'
import { restartScenarios } from './rolling-restart.ts'
import { versionScenarios } from './versions.ts'
import { workerScenarios } from './workers.ts'

export const scenarios: readonly Scenario[] = [
  ...apiScenarios,
  ...workerScenarios,
  ...redisScenarios,
  ...replacedRedisScenarios,
  ...postgresScenarios,
  ...networkScenarios,
  ...poisonScenarios,
  ...clockScenarios,
  ...versionScenarios,
  ...restartScenarios,
]
