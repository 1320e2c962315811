import type { Scenario } from '../scenario.ts'
import { apiScenarios } from './api.ts'
import { clockScenarios } from './clock.ts'
import { fullQueueScenarios } from './full-queues.ts'
import { networkScenarios } from './network.ts'
import { neighbourScenarios } from './noisy-neighbour.ts'
import { openTransactionScenarios } from './open-transaction.ts'
import { poisonScenarios } from './poison.ts'
import { postgresScenarios } from './postgres.ts'
import { redisScenarios } from './redis.ts'
import { replacedRedisScenarios } from './redis-replaced.ts'
import { restartScenarios } from './rolling-restart.ts'
import { stuckWorkerScenarios } from './stuck-worker.ts'
import { versionScenarios } from './versions.ts'
import { workerScenarios } from './workers.ts'

export const scenarios: readonly Scenario[] = [
  ...apiScenarios,
  ...workerScenarios,
  ...stuckWorkerScenarios,
  ...redisScenarios,
  ...replacedRedisScenarios,
  ...fullQueueScenarios,
  ...postgresScenarios,
  ...openTransactionScenarios,
  ...neighbourScenarios,
  ...networkScenarios,
  ...poisonScenarios,
  ...clockScenarios,
  ...versionScenarios,
  ...restartScenarios,
]
