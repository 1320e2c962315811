import { ConstantBackoff, handleAll, retry, TimeoutStrategy, timeout, wrap } from 'cockatiel'
import type pg from 'pg'
import { isConnectionLoss } from './connection-loss.ts'
import { createNaturalBatch } from './natural-batch.ts'
import type { LabelledQuery } from './observe-queries.ts'
import { isBehindPooler } from './pooler.ts'

type Queryable = { query(query: LabelledQuery): Promise<pg.QueryResult> }

/** `identity` is null on a standby, and where Postgres does not show its timeline. */
type Found = { identity: string | null; isRecorded: boolean }

const clusterQuery = `
  select case when present.timeline is not null
           then concat(present.system_identifier, '/', present.timeline) end as identity,
         present.timeline is not distinct from recorded.timeline
           and coalesce(present.system_identifier = recorded.system_identifier, true) as "isRecorded"
  from present_cluster() present, installation recorded`

const defaultVoidTimeoutMs = 2_000

type Log = Record<'warn' | 'debug', (members: object, message: string) => void>
type Options = {
  /** Voids the whole cache. It is called again while it rejects. */
  voidCache: () => Promise<void>
  log: Log
  /** How long a new connection waits for `voidCache`, 2 s by default. */
  voidTimeoutMs?: number
}

/**
 * Notices that Postgres was replaced by a promoted standby or by a restored cluster, which may lack the last
 * transactions. Versions and transaction ids then begin again, so it voids the cache first and raises the epoch of the
 * feed after that. A process that dies in between leaves the cluster unrecorded, and the next one repeats both.
 */
export function createClusterWatch({ voidCache, log, voidTimeoutMs = defaultVoidTimeoutMs }: Options) {
  const untilVoided = wrap(
    timeout(voidTimeoutMs, TimeoutStrategy.Aggressive),
    retry(handleAll, { backoff: new ConstantBackoff(100) }),
  )
  let seen: string | undefined
  let handling: Promise<void> | undefined
  let handled = 0

  async function handle(db: Queryable, identity: string): Promise<void> {
    await untilVoided.execute(voidCache)
    await db.query({ text: 'select record_cluster()', label: 'cluster_record' })
    seen = identity
    handled++
    log.warn(
      { cluster: identity },
      'Postgres continues as another cluster or timeline: cache voided, feed in a new epoch',
    )
  }

  async function compare(db: Queryable): Promise<void> {
    const before = handled
    const { rows } = await db.query({ text: clusterQuery, label: 'cluster_look' })
    const { identity, isRecorded } = rows[0] as Found
    if (identity === null) return
    seen ??= isRecorded ? identity : undefined
    // Another connection may have recorded the cluster since this one looked.
    if (seen === identity && (isRecorded || handled !== before)) return
    handling ??= handle(db, identity).finally(() => {
      handling = undefined
    })
    await handling
  }

  return {
    /**
     * Looks which cluster answers. Call it with each new connection before its first use: then no write on another
     * timeline is acknowledged before the cache was voided, unless Redis does not answer. Call it regularly as well: a
     * call that failed is repeated so.
     * @throws the error of a connection that was lost. Other errors are logged.
     */
    async check(db: Queryable): Promise<void> {
      try {
        await compare(db)
      } catch (error) {
        if (isConnectionLoss(error)) throw error
        log.debug({ err: error }, 'the cluster of Postgres was not recorded')
      }
    },
  }
}

const sharedChecks = { maxInFlight: 1, maxInputs: 1_000, maxQueued: 5_000, maxWaitMs: 5_000 }
const defaultTimeoutMs = 3_000

type AfterCommit = {
  /** The function of `createClusterWatch`. */
  check: (db: Queryable) => Promise<void>
  /** Gets the error of a check that failed. It must not throw. */
  onError: (error: unknown) => void
  /** How long one check may take, 3 s by default. */
  timeoutMs?: number
}

/**
 * Returns a function to call after each commit and before its response, or undefined when no pooler stands between the
 * program and Postgres. The connections of a pool to a pooler outlive a failover, so the function checks which cluster
 * answers. Concurrent calls share a check, which begins after them. It never throws: when Postgres went away after the
 * commit, the next connection, the next commit or the next regular check repeats it.
 * @param pool a pool that no change waits for, so that many changes do not delay a check
 */
export function createCheckAfterCommit(
  pool: pg.Pool,
  { check, onError, timeoutMs = defaultTimeoutMs }: AfterCommit,
): (() => Promise<void>) | undefined {
  if (!isBehindPooler(pool)) return undefined
  const limit = timeout(timeoutMs, TimeoutStrategy.Aggressive)
  const share = createNaturalBatch<undefined, undefined>(async (calls) => {
    await limit.execute(() => check(pool))
    return calls
  }, sharedChecks)
  return () => share(undefined).catch(onError)
}
