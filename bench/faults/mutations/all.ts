import type { SourceEdit } from '../sources.ts'

/** A protection of the system, and the edit that removes it. `scenario` must fail without it. */
export type Mutation = SourceEdit & { removes: string; scenario: string }

export const mutations: readonly Mutation[] = [
  {
    removes: 'the sweeper enqueues overdue deliveries',
    scenario: 'api-killed-before-enqueue',
    file: 'apps/worker/src/runtime/recovery/sweeper.ts',
    replace: '(await look.oldestSeconds(pool)) > 0) {',
    by: '(await look.oldestSeconds(pool)) > Number.POSITIVE_INFINITY) {',
  },
  {
    removes: 'a claim deletes its deliveries in the transaction of the effect',
    scenario: 'worker-killed',
    file: 'apps/worker/src/runtime/processing/run-transactional.ts',
    replace: 'claimEvents(tx, name, ids)',
    by: 'claimEvents(pool, name, ids)',
  },
  {
    removes: 'a change inserts the deliveries of its events',
    scenario: 'postgres-restarted',
    file: 'packages/db/src/changes/events.ts',
    replace: 'where consumer <> all (without_delivery)',
    by: 'where random() < 0.95 and consumer <> all (without_delivery)',
  },
  {
    removes: 'a connection reconnects when Redis refuses writes',
    scenario: 'redis-demoted',
    file: 'packages/events/src/reconnect-on-refusal.ts',
    replace: 'if (!refusals.test(message) && !missingRights.test(message)) return false',
    by: 'if (message !== "") return false',
  },
  {
    removes: 'a write invalidates the cache before its response',
    scenario: 'redis-flushed',
    file: 'apps/api/src/deps.ts',
    replace: 'const isConfirmed = await cache.invalidate(invalidationOf(events))',
    by: 'const isConfirmed = false',
  },
  {
    removes: 'a missed invalidation is repeated',
    scenario: 'redis-hangs-briefly',
    file: 'packages/cache/src/redis/missed-keys.ts',
    replace: 'else if (!isRepeating) repeating = repeatAll()',
    by: '',
  },
  {
    removes: 'a repeated request with the same Idempotency-Key finds its stored response',
    scenario: 'responses-lost',
    file: 'apps/api/src/resource/idempotency.ts',
    replace: 'request\n      ? inTurn(',
    by: 'request?.key === ""\n      ? inTurn(',
  },
  {
    removes: 'a fence bounds the transactions of one user',
    scenario: 'noisy-neighbour',
    file: 'packages/db/src/engine/fenced-transactions.ts',
    replace: 'return pace.run(actorId, (turn) => fenceUser(actorId, () => runInGoal(turn)))',
    by: 'return inTransaction(pool, publish, work)',
  },
  {
    removes: 'the dispatcher adds no jobs while a thousand jobs wait',
    scenario: 'queues-full-of-jobs',
    file: 'packages/events/src/flow.ts',
    replace: "return previous === 'stop' || waiting > stopAbove ? 'stop' : 'fill'",
    by: "return 'fill'",
  },
  {
    removes: 'a worker drops the jobs of a full Redis',
    scenario: 'redis-full-of-backlog',
    file: 'apps/worker/src/runtime/recovery/sweeper.ts',
    replace: "refusal.startsWith('OOM ') ? await dropQueue(context) : 0",
    by: '0',
  },
  {
    removes: 'a worker closes a connection to Redis that gets no reply',
    scenario: 'redis-frozen',
    file: 'packages/events/src/connection.ts',
    replace: '{ maxRetriesPerRequest: null, socketTimeout: replyTimeoutMs.worker }',
    by: '{ maxRetriesPerRequest: null }',
  },
  {
    removes: 'a lost connection to Postgres gets no rollback',
    scenario: 'postgres-frozen',
    file: 'packages/db/src/engine/transaction.ts',
    replace: "if (!lost) await client.query('rollback')",
    by: "await client.query('rollback')",
  },
  {
    removes: 'the watchdog ends a worker that finishes nothing',
    scenario: 'worker-stuck',
    file: 'apps/worker/src/runtime/recovery/watchdog.ts',
    replace: '> limitMs ? reason : null',
    by: '> limitMs ? null : null',
  },
]
