import { setTimeout as sleep } from 'node:timers/promises'
import { ConsecutiveBreaker, circuitBreaker, handleAll, isBrokenCircuitError } from 'cockatiel'
import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { createDatabase } from '../engine/client.ts'
import { type Executor, executeOnce } from '../engine/statement.ts'

/**
 * Where a read was answered: by the replica, or by the primary because the replica is `behind` for longer than a read
 * waits, because it `failed`, or because it is `paused` after one of both.
 */
export type ReplicaOutcome = 'replica' | 'behind' | 'failed' | 'paused'

type Options = {
  primary: pg.Pool
  /** Without it, every read goes to the primary. */
  replicaUrl: string | undefined
  poolSize: number
  /** The `application_name` of the connections to the replica. */
  name: string
  onRead?: (outcome: ReplicaOutcome) => void
  limits?: Partial<typeof defaultLimits>
}

const defaultLimits = {
  /** How long a read waits until the replica has reached the position of the primary. */
  waitMs: 100,
  pollMs: 10,
  /** How long the replica is not asked after a read that it did not answer. */
  pauseMs: 5_000,
  connectTimeoutMs: 500,
  statementTimeoutMs: 3_000,
}
type Limits = typeof defaultLimits

/**
 * Opens reads that a replica may answer. A read sees every commit that was acknowledged before it began: it names the
 * position of the primary, and the replica answers when it has reached this position on the same timeline. In all other
 * cases, and when anything about the replica fails, the primary answers. `reader` takes single statements that write
 * nothing. Loads of the cache read the primary, so that they never wait.
 */
export function openReplicaReads({ primary, replicaUrl, poolSize, name, onRead = () => undefined, limits }: Options) {
  if (replicaUrl === undefined) return { reader: primary as Executor, close: async () => undefined }
  const all = { ...defaultLimits, ...limits }
  const { connectTimeoutMs, statementTimeoutMs } = all
  const session = { url: replicaUrl, poolSize, name, connectTimeoutMs, statementTimeoutMs }
  const { pool: replica, close } = createDatabase({ ...session, onError: () => undefined })
  const breaker = circuitBreaker(handleAll, { halfOpenAfter: all.pauseMs, breaker: new ConsecutiveBreaker(1) })

  async function query(config: pg.QueryConfig): Promise<pg.QueryResult> {
    try {
      const answered = await breaker.execute(() => readFrom(replica, { primary, config, limits: all }))
      onRead('replica')
      return answered
    } catch (error) {
      onRead(outcomeOf(error))
      return primary.query(config)
    }
  }
  return { reader: { query: query as Executor['query'] }, close }
}

class ReplicaBehind extends Error {}

function outcomeOf(error: unknown): ReplicaOutcome {
  if (isBrokenCircuitError(error)) return 'paused'
  return error instanceof ReplicaBehind ? 'behind' : 'failed'
}

type Read = { primary: Executor; config: pg.QueryConfig; limits: Limits }

async function readFrom(replica: pg.Pool, { primary, config, limits }: Read): Promise<pg.QueryResult> {
  await untilReached(replica, await loadPosition(primary), limits)
  return replica.query({ ...config, ...timeoutOf(limits) })
}

/** The driver's own limit, for a server that hangs. */
const timeoutOf = ({ statementTimeoutMs }: Limits) => ({ query_timeout: statementTimeoutMs })

/** A position in the WAL. `cluster` names the timeline: positions of two timelines cannot be compared. */
type Position = { cluster: string; lsn: string }

const recordedCluster = sql`concat(recorded.system_identifier, '/', recorded.timeline)`

/** Returns a position that is not before any commit that was acknowledged until now. */
async function loadPosition(primary: Executor): Promise<Position> {
  const [position] = await executeOnce<Position>(
    primary,
    sql`select ${recordedCluster} as cluster, pg_current_wal_insert_lsn()::text as lsn
        from installation recorded, present_cluster() present where present.timeline = recorded.timeline`,
    'replica_position',
  )
  if (!position) throw new Error('the timeline of the primary is not recorded')
  return position
}

/**
 * Resolves when the replica has replayed the WAL up to the position. A replica of another timeline never has the row of
 * this one, and a promoted replica is none.
 * @throws ReplicaBehind when it takes longer than a read waits
 */
async function untilReached(replica: pg.Pool, { cluster, lsn }: Position, limits: Limits): Promise<void> {
  const look = {
    text: `select pg_is_in_recovery() and concat(system_identifier, '/', timeline) = $1
             and pg_last_wal_replay_lsn() >= $2::pg_lsn as "isReached" from installation`,
    values: [cluster, lsn],
    label: 'replica_look',
    ...timeoutOf(limits),
  }
  for (const startedAt = performance.now(); ; await sleep(limits.pollMs)) {
    const { rows } = await replica.query(look)
    if (rows[0]?.isReached) return
    if (performance.now() - startedAt > limits.waitMs) throw new ReplicaBehind('the replica is behind the primary')
  }
}
