import { type Cache, type Invalidation, invalidationOf } from '@goals-tasks/cache'
import type { WebhookConfig } from '@goals-tasks/config'
import {
  type Admission,
  type Commit,
  type CommitWithin,
  commitWithin,
  createCommit,
  createFencedTransactions,
  type Executor,
  type FenceKeys,
  type Pace,
  type Publish,
  type Tx,
} from '@goals-tasks/db'
import type { Dispatcher, FeedHints } from '@goals-tasks/events'
import { createSealer, type Lookup, type Sealer } from '@goals-tasks/webhooks'
import type pg from 'pg'
import { type ApiKeys, createApiKeys } from './authentication/api-keys.ts'
import { type CacheDeliveries, isForCache } from './cache-deliveries.ts'
import type { ResponseLimits } from './resource/time-limit.ts'

/** The dependencies of the services. Made once in main.ts. */
export type Deps = {
  /** Runs single statements: on the pool or, inside a transaction, on its client. */
  db: Executor
  /** Runs reads of the history, outside of transactions: on a replica when one is up to date, else on the pool. */
  reader: Executor
  /** Writes a change of one entity and publishes its events. */
  commit: Commit
  /**
   * Runs `work` in a transaction, inside another one in that one. Its events are published after the commit. Few
   * transactions of one user or on one goal run at a time: only transactions wait for row locks. `work` may run twice,
   * because a large change that must wait for its turn begins again.
   */
  transaction: <T>(keys: FenceKeys, work: (tx: TxDeps) => Promise<T>) => Promise<T>
  /** Finished responses. Services that write read past it. */
  cache: Pick<Cache, 'readEntity' | 'readList'>
  /**
   * Publishes committed events: invalidates the cache and passes them to the dispatcher. When it has resolved, no read
   * from the cache shows older data. `commit` and `transaction` call it, so a service has no reason to. Never throws.
   * A confirmed invalidation finishes the deliveries to `cache-invalidation`; only other events are dispatched to it.
   */
  publish: (events: Parameters<Publish>[0]) => Promise<void>
  /**
   * Invalidates the cache again. Call before replying "already in that state": the original writer may have crashed
   * before it published. Never throws.
   */
  confirm: (keys: Invalidation) => Promise<unknown>
  /** Verifies API keys. Close it when no request is left. */
  apiKeys: ApiKeys
  /** Decides which new work may wait for Postgres. Absent: all work may. */
  admission?: Admission | undefined
  webhooks: WebhookDeps
  /** How long a request waits for Postgres. Absent: the default limits. */
  responseLimits?: ResponseLimits | undefined
  /** Returns milliseconds since the epoch. */
  clock: () => number
  retentionDays: number
}

/** The dependencies of webhooks beside the database. Without a key no webhook can be created. */
export type WebhookDeps = {
  sealer: Sealer | undefined
  /** Networks that a webhook may name beside the public ones. */
  allowedNetworks: readonly string[]
  /** Default: the resolver of the system. */
  lookup?: Lookup
}

/** The same inside a transaction: every statement runs on its client, every event is published with its commit. */
export type TxDeps = Omit<Deps, 'db' | 'commit'> & { db: Tx; commit: CommitWithin }

export function createDeps(options: {
  pool: pg.Pool
  /** Default: the pool. */
  reader?: Executor
  cache: Pick<Cache, 'readEntity' | 'readList' | 'invalidate'>
  dispatcher: Pick<Dispatcher, 'dispatch'>
  cacheDeliveries: Pick<CacheDeliveries, 'finish'>
  feedHints: Pick<FeedHints, 'push'>
  /** Runs after each commit, before its invalidation. It must not throw. Default: no call. */
  afterCommit?: (() => Promise<void>) | undefined
  retentionDays: number
  /** Default: none. */
  admission?: Admission
  /** The large changes of users. Default: one with the default limits. */
  pace?: Pace
  /** For tests. */
  responseLimits?: ResponseLimits
  /** Default: no key, so no webhook can be created. */
  webhooks?: WebhookDeps
  /** `onError` of the API keys, and limits of their cache for tests. */
  apiKeys?: Parameters<typeof createApiKeys>[1]
}): Deps {
  const { pool, cache, dispatcher, cacheDeliveries, feedHints, retentionDays, webhooks = noWebhooks } = options
  const publish: Publish = (events) => deps.publish(events)
  const inFencedTransaction = createFencedTransactions(pool, publish, options.pace)
  const deps: Deps = {
    db: pool,
    reader: options.reader ?? pool,
    commit: createCommit(pool, publish),
    transaction: (keys, work) => inFencedTransaction(keys, (tx) => work(bindTo(tx, deps))),
    cache,
    async publish(events) {
      if (events.length === 0) return
      dispatcher.dispatch(events, (consumer) => !isForCache(consumer))
      await options.afterCommit?.()
      const isConfirmed = await cache.invalidate(invalidationOf(events))
      if (isConfirmed) cacheDeliveries.finish(events)
      else dispatcher.dispatch(events, isForCache)
      // A client that follows the feed may read the entity as soon as it has the event.
      feedHints.push(events)
    },
    confirm: cache.invalidate,
    apiKeys: createApiKeys(pool, options.apiKeys),
    admission: options.admission,
    responseLimits: options.responseLimits,
    clock: Date.now,
    retentionDays,
    webhooks,
  }
  return deps
}

const noWebhooks: WebhookDeps = { sealer: undefined, allowedNetworks: [] }

/** Returns the dependencies of webhooks for a configuration. */
export const createWebhookDeps = ({ secretsKeys, allowedNetworks }: WebhookConfig): WebhookDeps => ({
  sealer: secretsKeys.length > 0 ? createSealer(secretsKeys) : undefined,
  allowedNetworks,
})

function bindTo(db: Tx, deps: Deps): TxDeps {
  const tx: TxDeps = { ...deps, db, commit: commitWithin(db), transaction: (_keys, work) => work(tx) }
  return tx
}
