import { createPace, type Pace } from '@goals-tasks/db'
import { type Registry, registerTurnMetrics } from '@goals-tasks/observability'

type Limits = Parameters<typeof createPace>[0]

const metrics = {
  name: 'gt_large_changes',
  help: 'changes of many tasks at once: begun at once, after a wait for those of the same user, or refused',
  waitingHelp: 'changes of many tasks at once that wait for those of the same user',
}

/** Creates the pace of an API process, and registers its metrics. */
export function createMeasuredPace(registry: Registry, limits?: Limits): Pace {
  const pace = createPace(limits)
  registerTurnMetrics(registry, metrics, pace)
  return pace
}
