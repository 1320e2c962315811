import type { CommittedEvent } from '@goals-tasks/events'
import { index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** The answer to a request that carried an Idempotency-Key, committed with the write that it made. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    actorId: uuid('principal_id').notNull(),
    route: text('route').notNull(),
    key: text('key').notNull(),
    /** Of the body and of the ids in the address: another request under the same key is an error. */
    bodyHash: text('body_hash').notNull(),
    /** The answer; empty only inside the transaction that is making it. */
    status: integer('status'),
    headers: jsonb('headers').$type<Record<string, string>>(),
    body: text('body'),
    /** What the request changed, so that whoever repeats the answer can publish it again. */
    events: jsonb('events').$type<CommittedEvent[]>(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.actorId, t.route, t.key] }),
    // Forgetting keys older than a day.
    index('idempotency_keys_created').on(t.createdAt),
  ],
)
