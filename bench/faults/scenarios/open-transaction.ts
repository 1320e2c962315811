import { setTimeout as sleep } from 'node:timers/promises'
import { cleanUp } from '@goals-tasks/devstack/testing'
import type { Environment } from '../environment/environment.ts'
import type { Scenario } from '../scenario.ts'

export const openTransactionScenarios: readonly Scenario[] = [
  { name: 'transaction-stays-open', boundSeconds: 90, inject: keepTransactionOpen },
]

/**
 * A transaction stays open until the end of the scenario. Meanwhile the indexes keep the entries of 50,000 deliveries
 * of each consumer that were finished since it began.
 */
async function keepTransactionOpen({ pool }: Environment): Promise<void> {
  const session = await pool.connect()
  cleanUp(async () => session.release(true))
  await session.query('begin isolation level repeatable read')
  await session.query('select pg_current_xact_id()')
  await pool.query(finishDeliveries)
  await sleep(20_000)
}

/** No other transaction sees these deliveries. */
const finishDeliveries = `do $$ begin
  insert into deliveries (consumer, event_id, due_at)
    select consumer, gen_random_uuid(), now() - interval '1 minute'
    from unnest(array['audit-log', 'cache-invalidation', 'notifications', 'sync']) consumer, generate_series(1, 50000);
  delete from deliveries where not exists (select from events where id = event_id);
end $$`
