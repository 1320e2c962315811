import type { CommittedEvent } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { uuid } from '../engine/parameters.ts'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'

/** A key that an actor sent to a route. `route` is the method and the path pattern. */
export type IdempotencyKey = { actorId: string; route: string; key: string }
/** The response to a request, and the events of its changes. */
export type StoredResponse = {
  status: number
  headers: Record<string, string>
  body: string
  events: CommittedEvent[]
}

const matchesKey = sql`principal_id = ${uuid('actorId')} and route = ${sql.placeholder('route')}
  and key = ${sql.placeholder('key')}`

const load = prepareStatement<StoredResponse & { bodyHash: string }>(
  'idempotency_load',
  sql`select body_hash as "bodyHash", status, headers, body, coalesce(events, '[]') as events
      from idempotency_keys where ${matchesKey}`,
)

/** Returns the response that was stored under the key and the hash of its request, or undefined when there is none. */
export const loadStoredResponse = async (
  db: Executor,
  key: IdempotencyKey,
): Promise<(StoredResponse & { bodyHash: string }) | undefined> => (await load(db, key))[0]

const take = prepareStatement<object>(
  'idempotency_take',
  sql`insert into idempotency_keys (principal_id, route, key, body_hash)
      values (${uuid('actorId')}, ${sql.placeholder('route')}, ${sql.placeholder('key')},
              ${sql.placeholder('bodyHash')})
      on conflict do nothing returning 1`,
)

/**
 * Takes the key for this transaction. If another transaction holds the key, waits for its end, at most `waitMs`.
 * @returns false when a transaction that has committed took the key before
 * @throws SQLSTATE 55P03 when another transaction still holds the key after `waitMs`
 */
export async function takeKey(tx: Tx, key: IdempotencyKey & { bodyHash: string }, waitMs: number): Promise<boolean> {
  const { rows } = await tx.query(
    `select current_setting('lock_timeout') as was, set_config('lock_timeout', $1, true)`,
    [`${waitMs}ms`],
  )
  const taken = await take(tx, key)
  await tx.query(`select set_config('lock_timeout', $1, true)`, [rows[0]?.was])
  return taken.length > 0
}

const store = prepareStatement<object>(
  'idempotency_store',
  sql`update idempotency_keys set status = ${sql.placeholder('status')}::int,
        headers = ${sql.placeholder('headers')}::jsonb, body = ${sql.placeholder('body')},
        events = ${sql.placeholder('events')}::jsonb
      where ${matchesKey}`,
)

/** Stores the response under the key. It commits together with the changes of the request. */
export async function storeResponse(tx: Tx, key: IdempotencyKey, response: StoredResponse): Promise<void> {
  await store(tx, {
    ...key,
    ...response,
    headers: JSON.stringify(response.headers),
    events: JSON.stringify(response.events),
  })
}
