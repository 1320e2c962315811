import { Gauge, Histogram, type Registry } from './metrics.ts'

/** The part of a pool that has the numbers. */
type Pool = { totalCount: number; idleCount: number; waitingCount: number; options: { max?: number | undefined } }
type Query = { statement: string; seconds: number; inputs: number | undefined }

const secondsBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
const inputsBuckets = [1, 2, 5, 10, 20, 50, 100]

/**
 * Registers the metrics of the Postgres of a process. The result is the `observer` of `createDatabase`. A statement has
 * few names, so it may be a label.
 */
export function createDatabaseMetrics(registry: Registry) {
  const labelNames = ['statement'] as const
  const registers = [registry]
  const durations = new Histogram({
    name: 'gt_db_query_duration_seconds',
    help: 'Time from sending a query to its answer, without the wait for a connection',
    ...{ labelNames, registers, buckets: secondsBuckets },
  })
  const inputs = new Histogram({
    name: 'gt_db_batch_size',
    help: 'Calls that shared a statement: creates, updates and lookups',
    ...{ labelNames, registers, buckets: inputsBuckets },
  })
  // Looking up the labels of a series costs more than the observation.
  const durationOf = cached((statement) => durations.labels({ statement }))
  const inputsOf = cached((statement) => inputs.labels({ statement }))
  return {
    watchPool: (pool: Pool) => registerPoolMetrics(registry, pool),
    onQuery(query: Query): void {
      durationOf(query.statement).observe(query.seconds)
      if (query.inputs !== undefined) inputsOf(query.statement).observe(query.inputs)
    },
  }
}

function cached<T>(create: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>()
  return (name) => {
    const value = known.get(name) ?? create(name)
    known.set(name, value)
    return value
  }
}

function registerPoolMetrics(registry: Registry, pool: Pool): void {
  const registers = [registry]
  new Gauge({
    name: 'gt_db_pool_connections',
    help: 'Connections of this process to Postgres: in use, or idle',
    ...{ labelNames: ['state'], registers },
    collect() {
      this.set({ state: 'in_use' }, pool.totalCount - pool.idleCount)
      this.set({ state: 'idle' }, pool.idleCount)
    },
  })
  new Gauge({
    name: 'gt_db_pool_max_connections',
    help: 'Connections that this process may open (DB_POOL_SIZE)',
    registers,
    collect() {
      this.set(pool.options.max ?? 0)
    },
  })
  new Gauge({
    name: 'gt_db_pool_waiting',
    help: 'Queries and transactions that wait for a connection',
    registers,
    collect() {
      this.set(pool.waitingCount)
    },
  })
}
