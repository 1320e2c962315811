import type { CommittedEvent } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'

/** Whose request, to which method and route, under which key. */
export type IdempotencyKey = { actorId: string; route: string; key: string }
/** `events` are those of what the request changed. */
export type StoredAnswer = { status: number; headers: Record<string, string>; body: string; events: CommittedEvent[] }

const where = sql`principal_id = ${sql.placeholder('actorId')}::uuid and route = ${sql.placeholder('route')} and key = ${sql.placeholder('key')}`

const load = prepareStatement<StoredAnswer & { bodyHash: string }>(
  'idempotency_load',
  sql`select body_hash as "bodyHash", status, headers, body, coalesce(events, '[]') as events from idempotency_keys where ${where}`,
)

/** The answer that was stored under the key, and the hash of the request that it answered; undefined when there is none. */
export const loadAnswer = async (
  on: Executor,
  key: IdempotencyKey,
): Promise<(StoredAnswer & { bodyHash: string }) | undefined> => (await load(on, key))[0]

const take = prepareStatement<object>(
  'idempotency_take',
  sql`insert into idempotency_keys (principal_id, route, key, body_hash)
      values (${sql.placeholder('actorId')}::uuid, ${sql.placeholder('route')}, ${sql.placeholder('key')}, ${sql.placeholder('bodyHash')})
      on conflict do nothing returning 1`,
)

/**
 * Takes the key for this transaction; whoever else wants it waits for its end, at most `waitMs`.
 * @returns false when it was taken before, by a transaction that has committed
 * @throws SQLSTATE 55P03 when another transaction still holds it after `waitMs`
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
  sql`update idempotency_keys set status = ${sql.placeholder('status')}::int, headers = ${sql.placeholder('headers')}::jsonb,
             body = ${sql.placeholder('body')}, events = ${sql.placeholder('events')}::jsonb where ${where}`,
)

/** Stores the answer, to commit with what the request wrote. */
export async function storeAnswer(tx: Tx, key: IdempotencyKey, answer: StoredAnswer): Promise<void> {
  await store(tx, { ...key, ...answer, headers: JSON.stringify(answer.headers), events: JSON.stringify(answer.events) })
}
