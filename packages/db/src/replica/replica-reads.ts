import { setTimeout as sleep } from 'node:timers/promises'
import { ConsecutiveBreaker, circuitBreaker, handleAll, isBrokenCircuitError } from 'cockatiel'
import type pg from 'pg'
import { createDatabase } from '../engine/client.ts'
import type { Executor } from '../engine/statement.ts'
import { loadPosition, loadReplicaState, type ReplicaState } from './replica-state.ts'

/**
 * Where a read was answered: by the replica, or by the primary because the replica is `behind` for longer than a read
 * waits or follows another timeline, because it `failed`, or because it is `paused` after one of both.
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

export type ReplicaReads = {
  /** Takes single statements that write nothing. */
  reader: Executor
  /** Returns how far the replica is, or null without one. Rejects when it does not answer. */
  state(): Promise<ReplicaState | null>
  close(): Promise<void>
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
 * cases, and when anything about the replica fails, the primary answers. Loads of the cache read the primary, so that
 * they never wait.
 */
export function openReplicaReads(options: Options): ReplicaReads {
  const { primary, replicaUrl, poolSize, name, onRead = () => undefined, limits } = options
  if (replicaUrl === undefined) return { reader: primary, state: async () => null, close: async () => undefined }
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
  return {
    reader: { query: query as Executor['query'] },
    state: async () => loadReplicaState(replica, await loadPosition(primary), statementTimeoutMs),
    close,
  }
}

class ReplicaBehind extends Error {}

function outcomeOf(error: unknown): ReplicaOutcome {
  if (isBrokenCircuitError(error)) return 'paused'
  return error instanceof ReplicaBehind ? 'behind' : 'failed'
}

type Read = { primary: Executor; config: pg.QueryConfig; limits: Limits }

async function readFrom(replica: pg.Pool, { primary, config, limits }: Read): Promise<pg.QueryResult> {
  const { waitMs, pollMs, statementTimeoutMs } = limits
  const position = await loadPosition(primary)
  for (const startedAt = performance.now(); ; await sleep(pollMs)) {
    const { isReplica, isSameCluster, behindBytes } = await loadReplicaState(replica, position, statementTimeoutMs)
    if (!isReplica || !isSameCluster) throw new ReplicaBehind('the server follows another timeline, or none')
    if (behindBytes === 0) break
    if (performance.now() - startedAt > waitMs) throw new ReplicaBehind('the replica is behind the primary')
  }
  return replica.query({ ...config, ...{ query_timeout: statementTimeoutMs } })
}
