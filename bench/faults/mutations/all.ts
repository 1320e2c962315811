/** A protection of the system, and the edit that removes it. `scenario` must fail without it. */
export type Mutation = {
  removes: string
  scenario: string
  file: string
  /** Must occur exactly once in the file. */
  replace: string
  by: string
}

export const mutations: readonly Mutation[] = [
  {
    removes: 'the sweeper enqueues overdue deliveries',
    scenario: 'api-killed-before-enqueue',
    file: 'apps/worker/src/runtime/recovery/sweeper.ts',
    replace: 'while ((await oldestOverdueSeconds(pool, consumer)) > 0) {',
    by: 'while ((await oldestOverdueSeconds(pool, consumer)) > Number.POSITIVE_INFINITY) {',
  },
  {
    removes: 'a claim deletes its deliveries in the transaction of the effect',
    scenario: 'worker-killed',
    file: 'packages/db/src/delivery/deliveries.ts',
    replace: 'delete from deliveries where ctid = any(array(select delivery from claimed)) returning event_id',
    by: 'select event_id from deliveries where ctid = any(array(select delivery from claimed))',
  },
  {
    removes: 'a change inserts the deliveries of its events',
    scenario: 'postgres-restarted',
    file: 'packages/db/src/changes/events.ts',
    replace: 'subscription(consumer, type) using (type)',
    by: 'subscription(consumer, type) using (type) where random() < 0.95',
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
    replace: 'if (events.length > 0) await cache.invalidate(invalidationOf(events))',
    by: 'invalidationOf(events)',
  },
  {
    removes: 'a repeated request with the same Idempotency-Key finds its stored response',
    scenario: 'responses-lost',
    file: 'apps/api/src/resource/idempotency.ts',
    replace: 'request\n      ? inTurn(',
    by: 'request?.key === ""\n      ? inTurn(',
  },
]
