import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Environment } from '../environment/environment.ts'
import type { Scenario } from '../scenario.ts'

export const poisonScenarios: readonly Scenario[] = [
  { name: 'receiver-refuses-for-good', boundSeconds: 90, inject: refuseForGood },
  { name: 'receiver-away', boundSeconds: 120, inject: refuseForNow },
  { name: 'malformed-event', boundSeconds: 120, inject: insertMalformedEvents },
]

/** The receiver answers 410 to one event in ten. Each of them becomes a dead letter, and no other event waits. */
async function refuseForGood({ receiver }: Environment): Promise<void> {
  receiver.answerWith((id) => (isChosen(id) ? 410 : 204))
  await sleep(5_000)
}

const isChosen = (id: string) => Number.parseInt(id.slice(-4), 16) % 10 === 0

/** The receiver answers 500 for some seconds, and hangs on some events. */
async function refuseForNow({ receiver }: Environment): Promise<void> {
  receiver.answerWith((id) => (isChosen(id) ? 'hang' : 500))
  await sleep(4_000)
  receiver.answerWith()
}

/** Inserts events whose entity has no field. No attempt at them can succeed. */
async function insertMalformedEvents({ pool, malformedEvents }: Environment): Promise<void> {
  for (let count = 0; count < 5; count++) {
    const { rows } = await pool.query<{ id: string }>(
      `with malformed as (
         insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
         values ('webhook:test', 'webhook', $1, 1, 0, $1, '{}') returning id
       )
       insert into deliveries (consumer, event_id, due_at) select 'sync', id, now() from malformed
       returning event_id as id`,
      [randomUUID()],
    )
    for (const { id } of rows) malformedEvents.add(id)
    await sleep(500)
  }
}
