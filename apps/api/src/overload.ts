import { type Admission, createAdmission } from '@goals-tasks/db'
import { Counter, Gauge, type Registry } from '@goals-tasks/observability'
import type pg from 'pg'
import type { Logger } from 'pino'

const effects = { write: 'new writes get 503', read: 'reads that miss the cache get 503' }

type Options = { pool: pg.Pool; afterMs: number; log: Logger; registry: Registry }

/** Creates the admission of an API process. Work that waits for more than `afterMs` is a sign of overload. */
export function createOverloadProtection({ pool, afterMs, log, registry }: Options): Admission {
  const admission = createAdmission(pool, {
    targetMs: afterMs,
    onChange(kind, isOverloaded) {
      if (isOverloaded) log.warn({ kind, oldestMs: Math.round(admission.oldestMs()) }, `overloaded; ${effects[kind]}`)
      else log.info({ kind }, 'no longer overloaded')
    },
  })
  registerMetrics(registry, admission)
  return admission
}

function registerMetrics(registry: Registry, { refused, oldestMs }: Admission): void {
  const registers = [registry]
  new Counter({
    name: 'gt_overload_refusals_total',
    help: 'requests that were refused because too much work waited for Postgres',
    ...{ labelNames: ['kind'], registers },
    collect() {
      this.reset()
      for (const [kind, count] of Object.entries(refused)) this.inc({ kind }, count)
    },
  })
  new Gauge({
    name: 'gt_db_oldest_wait_seconds',
    help: 'Time that the oldest waiting work has waited for Postgres, 0 when none waits',
    registers,
    collect() {
      this.set(oldestMs() / 1_000)
    },
  })
}
