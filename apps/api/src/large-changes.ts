import { createPace, type Pace } from '@goals-tasks/db'
import { Counter, Gauge, type Registry } from '@goals-tasks/observability'

type Limits = Parameters<typeof createPace>[0]

/** Creates the pace of an API process, and registers its metrics. */
export function createMeasuredPace(registry: Registry, limits?: Limits): Pace {
  const pace = createPace(limits)
  new Counter({
    name: 'gt_large_changes_total',
    help: 'changes of many tasks at once: begun at once, after a wait for those of the same user, or refused',
    ...{ labelNames: ['outcome'], registers: [registry] },
    collect() {
      this.reset()
      this.inc({ outcome: 'at-once' }, pace.counts.atOnce)
      this.inc({ outcome: 'waited' }, pace.counts.waited)
      this.inc({ outcome: 'refused' }, pace.counts.refused)
    },
  })
  new Gauge({
    name: 'gt_large_changes_waiting',
    help: 'changes of many tasks at once that wait for those of the same user',
    registers: [registry],
    collect() {
      this.set(pace.countWaiting())
    },
  })
  return pace
}
